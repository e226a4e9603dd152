package modes

// What cat5 state says on stderr.

// unseenOwners tells why some sockets have no process in the table.
func (t *talker) unseenOwners(sockets, hidden int) {
	switch {
	case sockets == 0:
	case hidden > 0:
		t.say(0, plural(int64(sockets), "socket")+": owner not visible: not every process may be looked into ("+itoa(hidden)+
			" may not; root may look into all)")
	default:
		t.say(0, plural(int64(sockets), "socket")+": owner not visible: the kernel itself, or a process that this /proc does not show")
	}
}
