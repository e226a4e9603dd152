package sockopt

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"

	"cat5/io/sys"

	"golang.org/x/sys/unix"
)

// The ioctls of netdevice(7) take a struct ifreq: a name of IFNAMSIZ (16) bytes and a union.

// index is the index of an interface that is given by name or index, 0 for any.
func index(k *sys.Calls, fd int, name string) (uint32, error) {
	if name == "" || name == "any" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(name, 10, 31); err == nil {
		return uint32(n), nil
	}
	req, err := ifreq(k, fd, unix.SIOCGIFINDEX, name)
	return binary.NativeEndian.Uint32(req[16:]), err
}

// ifname is the name of the interface with index n, the index itself when there is none, "any" for 0.
func ifname(k *sys.Calls, fd int, n uint32) string {
	if n == 0 {
		return "any"
	}
	var req [64]byte
	binary.NativeEndian.PutUint32(req[16:], n)
	if err := k.Ioctl(fd, unix.SIOCGIFNAME, &req); err != nil {
		return strconv.FormatUint(uint64(n), 10)
	}
	name, _, _ := strings.Cut(string(req[:16]), "\x00")
	return sys.SafeName(name)
}

// local4 is the IPv4 address of an interface that is given by name, index or that address; 0.0.0.0 for any.
func local4(k *sys.Calls, fd int, iface string) (netip.Addr, error) {
	none := netip.IPv4Unspecified()
	if iface == "" || iface == "any" {
		return none, nil
	}
	if a, err := netip.ParseAddr(iface); err == nil {
		return a, nil
	}
	if n, err := strconv.ParseUint(iface, 10, 31); err == nil {
		if iface = ifname(k, fd, uint32(n)); iface == strconv.FormatUint(n, 10) {
			return none, unix.ENODEV
		}
	}
	req, err := ifreq(k, fd, unix.SIOCGIFADDR, iface)
	if err == unix.ENOTTY { // an IPv6 socket does not answer for IPv4, though it can join IPv4's groups: ask another
		var tmp int
		if tmp, err = k.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return none, err
		}
		defer sys.Close(k, tmp)
		req, err = ifreq(k, tmp, unix.SIOCGIFADDR, iface)
	}
	if err != nil {
		return none, err
	}
	return netip.AddrFrom4([4]byte(req[20:24])), nil // sin_addr of the struct sockaddr_in at 16
}

func ifreq(k *sys.Calls, fd int, call uint, name string) ([64]byte, error) {
	var req [64]byte
	copy(req[:15], name)
	return req, k.Ioctl(fd, call, &req)
}
