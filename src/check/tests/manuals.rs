//! Lists of commands as vendors' manuals and Super SIM's own pages have them: nothing is wrong with them.

use super::assert_nothing;

const LISTS: &[&str] = &[
    // The introduction to AT commands that Super SIM's makers wrote
    "AT+CGMI\nAT+CGMM\nAT+CGSN\nAT+CPIN?\nAT+CIMI\nAT+CCID\nAT+CMEE=2\nAT+CSQ\nAT+CREG?\nAT+COPS?\nAT+COPS=?\nAT+CGDCONT?\nAT+CMGF=1",
    "AT+CMEE=2;+CMGF=1;+CMGD=1;+CNMP=38;+CMNB=1;+CGDCONT=1,\"IP\",\"super\"",
    "AT+CSGT=1,\"A Super SIM-containing Modem\"\nAT+CSGT?",
    "AT+CBC=?\nAT+CBC\nAT+CGMI=?",
    "AT+CGDCONT=1,\"IP\",\"super\"\nAT+QCFG=\"roamservice\",2\nAT+UDCONF=20,1",
    // Quectel: first steps, network, data
    "AT\nATE1\nATI\nAT+GMR\nAT+CPIN?\nAT+CSQ\nAT+CREG?\nAT+CGREG?\nAT+CEREG?\nAT+QNWINFO\nAT+QCSQ\nAT+QENG=\"servingcell\"",
    "AT+QCFG=\"nwscanseq\",020103,1\nAT+QCFG=\"nwscanmode\",0,1\nAT+QCFG=\"iotopmode\",0,1\nAT+QCFG=\"band\",F,80084,80084,1",
    "AT+QICSGP=1,1,\"super\",\"\",\"\",1\nAT+QIACT=1\nAT+QIACT?\nAT+QPING=1,\"8.8.8.8\"\nAT+QIDEACT=1",
    "AT+QIOPEN=1,0,\"TCP\",\"220.180.239.201\",8713,0,0\nAT+QICLOSE=0",
    "AT+CREG=?\nAT+CREG?\nAT+CREG=2\nAT+COPS=?\nAT+COPS?\nAT+COPS=0",
    // u-blox
    "AT+CMEE=2\nAT+CFUN=0\nAT+UMNOPROF=100\nAT+CFUN=15",
    "AT+COPS=2\nAT+URAT=7\nAT+URAT?\nAT+CGDCONT=1,\"IP\",\"super\"\nAT+COPS=0\nAT+CEREG=2",
    "AT+UPSD=0,1,\"super\"\nAT+UPSDA=0,3\nAT+UPSND=0,0",
    "ATI9\nAT+CGMR\nAT+CCLK?\nAT+UCGED=5\nAT+UCGED?",
    // SIMCom
    "AT+CFUN=1\nAT+CPIN?\nAT+CSQ\nAT+CGATT?\nAT+COPS?\nAT+CGNAPN\nAT+CNCFG=0,1,\"super\"\nAT+CNACT=0,1\nAT+CNACT?",
    "AT+CNMP=38\nAT+CMNB=1\nAT+CPSI?\nAT+CBC\nAT+CPOWD=1",
    "AT+CSTT=\"super\",\"\",\"\"\nAT+CIICR\nAT+CIFSR",
    // Telit
    "AT#SGACT=1,1\nAT#SGACT?\nAT#CCID\nAT+WS46=28\nAT#MONI",
    "AT#SCFG=1,1,300,90,600,50\nAT#SD=1,0,80,\"www.telit.com\"",
    // Sierra, Nordic, Sequans
    "AT!GSTATUS?\nATI\nAT+KSRAT?\nAT+KCELL=0",
    "AT%XSYSTEMMODE=1,0,0,0\nAT+CFUN=1\nAT%XMONITOR\nAT+CESQ",
    "AT+SQNMONI=7\nAT+CEREG=2\nAT+SQNMODEACTIVE?",
    // Basic commands, several in a line, and a data call
    "ATE0V1\nATE0;+CMEE=1\nATX4&C1\nAT&K3\nATS0=0\nATS0?\nATD*99***1#",
    "AT\\Q3\nAT*MCGDEFCONT=\"IP\",\"super\"\nAT^SYSINFO\nAT$QCPDPP=1,1",
    "AT+CGDCONT=1,\"IP\",\"super\";+CGDCONT?\nAT+CGACT=0,1\nAT+CGPADDR=1\nAT+CGCONTRDP",
    "AT+CSCS=\"GSM\"\nAT+CSMP=17,167,0,0\nAT+CNMI=2,1,0,0,0\nAT+CMGL=\"ALL\"\nAT+CMGR=1\nAT+CPMS=\"SM\",\"SM\",\"SM\"",
    "AT+CRSM=176,28539,0,0,12\nAT+CPOL?\nAT+CPLS=0\nAT+CTZU=1\nAT+CPSMS=0\nAT+CEDRXS=0",
    "AT+CLCK=\"SC\",2\nAT+CPWD=?\nAT+CPIN=?\nAT+CUSD=1,\"*100#\",15\nAT+CEER",
    // Whole sequences, as bring-up guides, application notes and drivers have them
    "AT+CGMR\nAT+GSN\nAT+CMEE=2\nAT+CPIN?\nAT+CFUN=1\nAT+CREG=0\nAT+CSQ\nAT+QCSQ\nAT+CEREG=0\nAT+CEREG?\nAT+QNWINFO\nAT+QICSGP=1,1,\"wsim\",\"\",\"\",1\nAT+QIACT=1\nAT+QIACT?\nAT+QMTOPEN=0,\"broker.emqx.io\",1883\nAT+QMTOPEN?\nAT+QMTCONN=0,\"python-mqtt-176\",\"user\",\"pass\"\nAT+QMTDISC=0\nAT+QMTCLOSE=0",
    "AT+CGDCONT=1,\"IP\",\"bsnlnet\"\nAT+QICSGP=1,1,\"bsnlnet\",\"\",\"\",1\nAT+QICSGP=1\nAT+QIACT=1\nAT+QIACT?\nAT+CGPADDR=1\nAT+QPING=1,\"8.8.8.8\"",
    "AT+QGPSEND\nAT+QGPS=1\nAT+QHTTPCFG=\"sslctxid\",1\nAT+QSSLCFG=\"sslversion\",1,4\nAT+QSSLCFG=\"ciphersuite\",1,0xFFFF\nAT+QSSLCFG=\"seclevel\",1,0\nAT+QSSLCFG=\"sni\",1,1\nAT+QICSGP=1,1,\"internet\"\nAT+QIACT=1\nAT+QHTTPCFG=\"contextid\",1\nAT+QHTTPCFG=\"responseheader\",1\nAT+QHTTPGET=80\nAT+QHTTPREAD=80\nAT+QIDEACT=1",
    "AT\nATE0\nAT+QSCLK=0\nAT+CMER=3,0,0,2\nAT+QCFG=\"airplanecontrol\"\nAT+CFUN=1\nAT+CPIN?\nAT+CEREG=2\nAT+CEREG?\nAT+QICSGP=1,1,\"internet\",\"\",\"\",1\nAT+QIACT=1\nAT+QIOPEN=1,0,\"UDP\",\"192.0.2.63\",5010,0,0\nAT+QISTATE=1,0\nAT+QICLOSE=0\nAT+QCFG=\"band\"\nAT+QCFG=\"nwscanmode\"\nAT+QCFG=\"nwscanmode\",3\nAT+QCFG=\"roamserviceex\"\nAT+QCFG=\"servicedomain\"\nAT+QCFG=\"gprsattach\"\nAT+QCFG=\"urcdelay\"",
    "AT+CREG?\nATE0\nAT+KSREP=0\nAT+CREG=1\nAT+CGREG=0\nAT+CGDCONT=1,\"IP\",\"m2m-east.telus.iot\"\nAT+CGATT?\nAT&K3\nAT+KCNXCFG=1,\"GPRS\",\"m2m-east.telus.iot\"\nAT+KCNXTIMER=1,60,1,60\nAT+KCNXTIMER?\nAT+KUDPCFG=1,0,,1\nAT+KCNXUP=1\nAT+KCGPADDR=1\nAT+KTCPCFG=1,0,\"192.0.2.1\",80\nAT+KTCPCNX=1\nAT+KTCPCLOSE=1,1\nAT+KSSLCFG=0,3\nAT+KSSLCFG=1,\"edge\"\nAT+KSSLCFG=2,0\nAT+KSSLCRYPTO=1,8,3,25392,12,4,1,0\nAT+CTZU=0\nAT+CTZR=0\nAT+CCLK=\"26/11/22,10:00:00+08\"\nAT+KMQTTCFG=1,1,\"iot.example.com\",8883,4,\"RC7620\"\nATI0\nATI3\nATI8\nATI9",
    "AT%GETSYSCFG=\"SW_CFG.SF_STATE\"\nAT%SETACFG=\"manager.urcBootEv.enabled\",\"true\"\nAT%PDNSET=1,\"super\",\"IP\"\nAT%CCID\nAT%STATUS=\"RRC\"\nAT+SQNMONI=7\nAT+SQNCCID\nAT+SQNMODEACTIVE=1\nAT+SQNSCFG=1,1,300,90,600,50\nAT+SQNSCFGEXT=1,1,0,0,0,0,0\nAT+SQNSD=1,0,80,\"example.com\",0,0,1\nAT+SQNSH=1\nAT^RESET",
    "AT+CFUN=4\nAT%XSYSTEMMODE=1,0,0,0\nAT+CEREG=5\nAT+CNEC=24\nAT+CGAUTH=0,2,\"sora\",\"sora\"\nAT+CGDCONT=0,\"IP\",\"ibasis.iot\"\nAT+CFUN=1\nAT+CEREG?\nAT%XMONITOR\nAT+CESQ\nAT+CGPADDR\nAT+CGACT=1,1\nAT+CPSMS=\nAT%XSYSTEMMODE=0,0,1,0\nAT+CFUN=31\nAT#XGPS=1,0,0,0\nAT#XNRFCLOUD=1\nAT#XCELLPOS=1\nAT%NCELLMEAS\nAT%XSYSTEMMODE?\nAT+CPSMS=1,\"\",\"\",\"10101111\",\"01101100\"\nAT+CEDRXS=1,4,\"0101\"\nAT+CEDRXRDP",
    "AT+QNWPREFCFG=\"mode_pref\"\nAT+QNWPREFCFG=\"mode_pref\",AUTO\nAT+QNWPREFCFG=\"mode_pref\",LTE:NR5G\nAT+QNWPREFCFG=\"nsa_nr5g_band\"\nAT+QNWPREFCFG=\"nr5g_disable_mode\"\nAT+QNWLOCK=\"common/lte\"\nAT+QNWLOCK=\"common/lte\",0\nAT+QNWLOCK=\"common/4g\"\nAT+QCFG=\"usbnet\",1\nAT+QCFG=\"usbcfg\"\nAT+QCFG=\"ims\",1\nAT+QENG=\"servingcell\"\nAT+QENG=\"neighbourcell\"\nAT+QCAINFO\nAT+QSPN\nAT+QTEMP\nAT+QRSRP\nAT+QMBNCFG=\"AutoSel\",1\nAT+QMBNCFG=\"list\"\nAT+QUIMSLOT?\nAT+QUIMSLOT=2\nAT+QGPSCFG=\"fixfreq\"\nAT+QGPSCFG=\"1pps\"\nAT+CTZU?\nAT+CIND=?",
    "AT+UGPIOC=16,2\nAT+UGPIOC=25,10\nAT+UGPIOC=42,7\nAT+UBANDMASK=0,0,0\nAT+UBANDMASK=1,6154,0\nAT+CPSMS=1,,,\"00101100\",\"00000001\"\nAT+UCGED=5\nAT+UCGED?\nAT+CFUN=0\nAT+URAT=7\nAT+CFUN=15\nAT+COPS=2\nAT+URAT=7,8,9\nAT+COPS=0\nAT+CGREG=4\nAT+COPS=1,2,\"23410\"\nAT+CMEE=2\nAT+UMNOPROF=100\nAT+CEDRXS=0\nAT+USOCR=17\nAT+USORF=0,1024\nAT+USOCL=0\nAT+CFUN=16",
    "AT+CNMP=38\nAT+CMNB=1\nAT+CNCFG=0,1,\"onomondo\"\nAT+CNACT=0,1\nAT+CNACT?\nAT+CASSLCFG=0,\"SSL\",0\nAT+CACID=0\nAT+CAOPEN=0,0,\"TCP\",\"192.0.2.17\",8080\nAT+CASTATE?\nAT+CARECV=0,100\nAT+CACLOSE=0\nAT+CNACT=0,0\nAT+CEDRXS=0\nAT+CPSMS=0\nAT+SHCONF=\"URL\",\"http://httpbin.org\"\nAT+SHCONF=\"BODYLEN\",1024\nAT+SHCONF=\"HEADERLEN\",350\nAT+SHCONN\nAT+SHSTATE?\nAT+SMCONF=\"KEEPTIME\",60\nAT+SMCONF=\"CLEANSS\",1\nAT+SMCONN\nAT+SMSTATE?\nAT+CBANDCFG=\"CAT-M\",1,2,3,4,5,8,12,13,14,18,19,20,25,26,27,28,66,85\nAT+CGEREP=1,1\nAT+CASWITCH=0,1\nAT+COPS=4,2,\"23410\"",
    "AT+CICCID\nAT+CPSI?\nAT+CGDCONT=1,\"IP\",\"internet\"\nAT+CIPMODE=0\nAT+NETOPEN\nAT+IPADDR\nAT+CIPOPEN=0,\"TCP\",\"192.0.2.1\",80\nAT+CIPCLOSE=0\nAT+NETCLOSE\nAT+CNBP=,0x480000000000000000000000000000000000000000000042000007FFFFDF3FFF\nAT+CMUX=0\nAT+IPR=115200\nAT+CGPS=1\nAT+CGPSINFO\nAT+CHTTPACT=\"www.example.com\",80\nAT+HTTPINIT\nAT+HTTPPARA=\"URL\",\"http://www.example.com\"\nAT+HTTPACTION=0\nAT+HTTPREAD=0,100\nAT+HTTPTERM\nATH",
    "AT+CPIN?\nAT+CGATT?\nAT+SAPBR=3,1,\"CONTYPE\",\"GPRS\"\nAT+SAPBR=3,1,\"Contype\",\"GPRS\"\nAT+SAPBR=3,1,\"APN\",\"\"\nAT+SAPBR=3,1,\"USER\",\"username\"\nAT+SAPBR=3,1,\"PWD\",\"password\"\nAT+SAPBR=1,1\nAT+SAPBR=2,1\nAT+HTTPINIT\nAT+HTTPPARA=\"CID\",1\nAT+HTTPPARA=\"URL\",\"airtest.openluat.com\"\nAT+HTTPACTION=0\nAT+HTTPREAD\nAT+HTTPTERM\nAT+SAPBR=0,1\nAT+CIPGSMLOC=1,1\nAT+FTPCID=1\nAT+FTPSERV=\"ftp.example.com\"\nAT+FTPPORT=21\nAT+FTPUN=\"user\"\nAT+FTPTYPE=\"I\"\nAT+FTPPUTPATH=\"/\"\nAT+CIPSHUT\nAT+CGATT=1\nAT+CSTT=\"internet\",\"\",\"\"\nAT+CIICR\nAT+CIFSR\nAT+CIPSTART=\"TCP\",\"192.0.2.1\",80\nAT+CIPCLOSE\nAT+CLTS=1\nAT&W",
    "ATZ\nAT+CMGF=1\nAT+CSCS=\"GSM\"\nAT+CPMS=\"SM\",\"SM\",\"SM\"\nAT+CNMI=2,1,0,0,0\nAT+CSDH=1\nAT+CSMP=17,167,0,0\nAT+CSMS=0\nAT+CMGL=\"ALL\"\nAT+CMGL=4\nAT+CMGR=1\nAT+CMGD=1\nAT+CSDH=0\nAT+CSCA?\nAT+CNUM\nAT+CPMS?\nAT+CPMS=?\nAT+CSCB=1\nAT^CURC=0\nAT^SYSINFO\nAT^HCSQ?\nAT^USSDMODE=0\nAT+CUSD=1,\"*100#\",15\nAT&V",
    "AT#FRWL=1,\"0.0.0.0\",\"0.0.0.0\"\nAT#SKIPESC=0\nAT+CGDCONT=1,\"IP\",\"bam.entelpcs.cl\"\nAT+CGATT=1\nAT#SCFG=1,1,1500,0,100,10\nAT#SSLCFG=1,1,1500,0,100,10,0,0,1,0,1200,0\nAT#SGACT=1,1\nAT#SGACT?\nAT#QDNS=\"example.com\"\nAT&K0\nAT#SD=1,0,80,\"example.com\",0,0,1\nAT#SH=1\nAT#ESMTP=\"mail.example.com\"\nAT#EADDR=\"a@example.com\"\nAT#MONI\nAT#RFSTS\nAT+CEDRXS=1,5,\"0001\"\nAT+CPSMS=1,,,\"01000001\",\"00001111\"\nAT#MQCFG=1,\"192.0.2.90\",1883,1\nAT$GPSP=0\nAT$GPSP=1\nAT$GPSACP\nAT+COPS=1,2,\"28001\",9",
];

#[test]
fn plain_lists_raise_no_alarm() {
    for list in LISTS {
        assert_nothing(list);
        assert_nothing(&list.replace('\n', "\r\n"));
    }
}
