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
];

#[test]
fn plain_lists_raise_no_alarm() {
    for list in LISTS {
        assert_nothing(list);
        assert_nothing(&list.replace('\n', "\r\n"));
    }
}
