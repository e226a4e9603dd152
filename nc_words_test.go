package main

// ncLines are invocations of nc that need no peer: what is refused, and what finds nobody. SHUT is a port where nobody
// listens, DIR a folder.
var ncLines = []string{
	"", "-h", "--help", "--version", "-Y", "-zY", "-q", "-w", "127.0.0.1", "-l", "-z", "-k", "-lU", "-U", "-zl", "-z 127.0.0.1",
	"-k 127.0.0.1 SHUT", "-lz 1", "-F -U x", "-lk", "-lk 1 2 3", "-U a b", "-lU a b", "-ZU x", "-ZlU x", "-UFz x", "-kz h 1", "-kFU x",
	"-x a -l 1", "-x a -u b 1", "-x a -U b", "-x a -s 1 b 1", "-x a -lu 1", "-x a -lk 1", "-x a -ls 1 -p 1", "-x a -uU x", "-X 9", "-X 4A", "-X 4a", "-X CONNECT a", "-X", "-x '' h",
	"-x [::1 a 1", "-x [::1]x a 1",
	"-l 1 2 3", "-p 5", "-s 127.0.0.1", "-p 5 127.0.0.1", "-s 127.0.0.1 127.0.0.1", "-l -p 5 127.0.0.1", "-l -p 5 6", "-l -s 127.0.0.1", "-l -s 127.0.0.1 5",
	"-l -s 127.0.0.1 127.0.0.1 5", "-l -p 5 127.0.0.1 5", "-U -s x", "-U -p 1 DIR/none", "-U -s x DIR/none", "-uU -s DIR/me DIR/none",
	"-w x h 1", "-w -1 h 1", "-w 2147484 h 1", "-w 99999999999999999999 h 1", "-w '' h 1", "-w 0x1 h 1", "-w 1s h 1",
	"-q x h 1", "-q -99999999999 h 1", "-q 99999999999 h 1", "-i x h 1", "-i -1 h 1", "-i 4294967296 h 1",
	"-M 256 h 1", "-M -1 h 1", "-M x h 1", "-m 256 h 1", "-m x h 1", "-I 0 h 1", "-I x h 1", "-I 9999999999 h 1", "-O 0 h 1", "-O x h 1",
	"-W 0 h 1", "-W x h 1", "-V 9 h 1", "-V x", "-T zz h", "-T 256 h", "-T -1 h", "-T 0x100 h", "-T EF h", "-T va h", "-T 0xzz h", "-T 0x h", "-T critical h", "-T af43 h", "-T cs7 h", "-T '' h",
	"-S 127.0.0.1 SHUT",
	"127.0.0.1 70000", "127.0.0.1 0", "127.0.0.1 x", "127.0.0.1 -- -5", "127.0.0.1 5-", "127.0.0.1 5-x", "127.0.0.1 x-5", "127.0.0.1 70000-70001", "127.0.0.1 1-70001", "127.0.0.1 0-2",
	"127.0.0.1 1-2-3", "127.0.0.1 80x", "127.0.0.1 nosuchservice", "127.0.0.1 ''", "127.0.0.1 5 x", "-z 127.0.0.1 5,6",
	"127.0.0.1 SHUT", "-v 127.0.0.1 SHUT", "-zv 127.0.0.1 SHUT", "-z 127.0.0.1 SHUT", "127.0.0.1 SHUT -v", "127.0.0.1 -v SHUT -z", "-vv 127.0.0.1 SHUT", "-v localhost SHUT", "-vn 127.0.0.1 SHUT",
	"-v4 localhost SHUT", "-v6 ::1 SHUT", "-v ::1 SHUT", "-nv ::1 SHUT", "-v6 0:0::1 SHUT", "-v4 ::1 SHUT", "-6 127.0.0.1 SHUT", "-v46 127.0.0.1 SHUT", "-v64 127.0.0.1 SHUT",
	"-vn localhost SHUT", "-n localhost SHUT", "nosuch.invalid 1", "-v nosuch.invalid 1", "-u nosuch.invalid 1", "-z nosuch.invalid 1-3", "'' 80",
	"-l nosuch.invalid 1", "-ul nosuch.invalid 1", "-4l ::1 SHUT", "-6l 127.0.0.1 SHUT", "-l x", "-l 127.0.0.1 x", "-l 1-3", "-ln localhost SHUT",
	"-l 203.0.113.1 SHUT", "-lv 203.0.113.1 SHUT", "-l -s 203.0.113.1 -p SHUT", "-lu 203.0.113.1 SHUT", "-v -s 203.0.113.1 127.0.0.1 SHUT", "-s 203.0.113.1 127.0.0.1 SHUT", "-s nosuch.invalid 127.0.0.1 SHUT",
	"-s ::1 127.0.0.1 SHUT", "-p x 127.0.0.1 SHUT", "-us 203.0.113.1 127.0.0.1 SHUT",
	"-w3 -v 127.0.0.1 SHUT", "-zvw1 127.0.0.1 SHUT", "-zv -i 0 127.0.0.1 SHUT", "-D -v 127.0.0.1 SHUT", "-b -v 127.0.0.1 SHUT", "-C -v 127.0.0.1 SHUT", "-t -v 127.0.0.1 SHUT", "-r -v 127.0.0.1 SHUT",
	"-I 1000 -O 1000 -v 127.0.0.1 SHUT", "-T ef -v 127.0.0.1 SHUT", "-T 0x20 -v 127.0.0.1 SHUT", "-T lowdelay -v6 ::1 SHUT", "-M 3 -v 127.0.0.1 SHUT", "-M 0 -v 127.0.0.1 SHUT", "-M 3 -v ::1 SHUT",
	"-m 1 -v 127.0.0.1 SHUT", "-m 1 -v ::1 SHUT", "-N -v 127.0.0.1 SHUT", "-q 1 -v 127.0.0.1 SHUT", "-q -1 -v 127.0.0.1 SHUT", "-d -v 127.0.0.1 SHUT", "-W 1 -v 127.0.0.1 SHUT", "-F 127.0.0.1 SHUT",
	"-Z 127.0.0.1 SHUT", "-Zv 127.0.0.1 SHUT", "-Zzv 127.0.0.1 SHUT", "-lZ SHUT", "-P me -v 127.0.0.1 SHUT", "-X 4 -v 127.0.0.1 SHUT",
	"-z 127.0.0.1 ftp-data", "-zv 127.0.0.1 ftp-data", "-zv 127.0.0.1 3-1", "-zv 127.0.0.1 1-3", "-zvn 127.0.0.1 1 2 3", "-zv 127.0.0.1 1 3-2 4", "-zv localhost 1-2", "-v 127.0.0.1 1-3", "127.0.0.1 1-3",
	"-zu 127.0.0.1 SHUT", "-zuv 127.0.0.1 SHUT", "-uv 127.0.0.1 SHUT", "-zuv -w1 127.0.0.1 1-3", "-zuv -w0 127.0.0.1 SHUT", "-zu 127.0.0.1 1-3", "-u -w1 127.0.0.1 SHUT", "-u -q0 127.0.0.1 SHUT", "-u -w0 127.0.0.1 SHUT",
	"-U DIR/none", "-vU DIR/none", "-zU DIR/none", "-uU DIR/none", "-U @cat5-none", "-lU DIR/none/x", "-lU DIR", "-ulU DIR/none/x", "-U LONG", "-lU LONG", "-uU LONG", "-U DIR/file", "-U DIR",
	"-v 127.1 SHUT", "-v 0x7f.1 SHUT", "-v4 127.0.1 SHUT", "-v6 127.1 SHUT", "-n 127.1 SHUT", "@none 1", "/x 1-3", "-l /x 1", "-Zv h 0", "-p x 127.0.0.1 70000", "-zF 127.0.0.1 SHUT", "-x ::1 a 1", "-x [::1 a x", "a@b 1", "-l 127.1 x",
	"-p 70000 127.0.0.1 SHUT", "127.0.0.1 ' 5'", "127.0.0.1 +5",
}
