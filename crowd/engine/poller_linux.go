package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// nativeSockets: plain http runs on sockets that one poller a shard watches. A client then costs its record and the
// kernel's socket: no goroutine, no stack, no buffer.
const nativeSockets = true

// poller watches the sockets of one shard by epoll, edge-triggered, and reads them with the kernel's receive time.
type poller struct {
	epoll  int
	wakeFD int
	events [256]unix.EpollEvent
	ready  []readyEvent
	receiver
}

// receiver reads sockets that do not block, with the kernel's receive time.
type receiver struct {
	message unix.Msghdr
	vector  unix.Iovec
	control [64]byte
}

// readyEvent says that a client's socket has something to say.
type readyEvent struct {
	client  int32
	attempt uint32
	// ending: the peer closed or reset; read until the end shows.
	ending bool
}

const wakeClient = -1

func newPoller() (*poller, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create1: %w", err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		unix.Close(epoll)
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	p := &poller{epoll: epoll, wakeFD: wake}
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: wakeClient}
	if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, wake, &event); err != nil {
		p.close()
		return nil, fmt.Errorf("epoll_ctl: %w", err)
	}
	return p, nil
}

func (p *poller) close() {
	unix.Close(p.wakeFD)
	unix.Close(p.epoll)
}

// wake ends a wait; safe from any goroutine.
func (p *poller) wake() {
	one := [8]byte{1}
	_, _ = unix.Write(p.wakeFD, one[:])
}

// wait gives what is ready, after timeout at the latest.
func (p *poller) wait(timeout time.Duration) ([]readyEvent, error) {
	// A look without waiting first: while there is work, the Go scheduler need not hear of the system call.
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.epoll), uintptr(unsafe.Pointer(&p.events[0])),
		uintptr(len(p.events)), 0, 0, 0)
	if errno != 0 {
		n = 0
	}
	if n == 0 && timeout > 0 {
		// Whole milliseconds, rounded up: a wait that ends early would spin.
		ms := int((timeout + time.Millisecond - 1) / time.Millisecond)
		got, err := unix.EpollWait(p.epoll, p.events[:], ms)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return nil, fmt.Errorf("epoll_wait: %w", err)
		}
		n = uintptr(max(got, 0))
	}
	p.ready = p.ready[:0]
	for i := range int(n) {
		e := &p.events[i]
		p.ready = append(p.ready, readyEvent{
			client:  e.Fd,
			attempt: uint32(e.Pad),
			ending:  e.Events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0,
		})
	}
	return p.ready, nil
}

// dial begins a connection; established says that it stands already, as it mostly does on loopback.
func (p *poller) dial(to netip.AddrPort, from netip.Addr, receiveBuffer int, client int32, attempt uint32) (fd int32, established bool, err error) {
	family := unix.AF_INET
	if to.Addr().Is6() {
		family = unix.AF_INET6
	}
	s, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return -1, false, err
	}
	established, err = p.begin(s, to, from, receiveBuffer, client, attempt)
	if err != nil {
		unix.Close(s)
		return -1, false, err
	}
	return int32(s), established, nil
}

func (p *poller) begin(s int, to netip.AddrPort, from netip.Addr, receiveBuffer int, client int32, attempt uint32) (established bool, err error) {
	if err := stampArrivals(s); err != nil {
		return false, err
	}
	if receiveBuffer > 0 {
		if err := unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer); err != nil {
			return false, err
		}
	}
	if from.IsValid() {
		// Without this, bind takes a port that no other connection may share, whatever its destination.
		if err := unix.SetsockoptInt(s, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
			return false, err
		}
		if err := unix.Bind(s, sockaddrOf(netip.AddrPortFrom(from, 0))); err != nil {
			return false, err
		}
	}
	err = unix.Connect(s, sockaddrOf(to))
	if err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return false, err
	}
	event := unix.EpollEvent{
		Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET&0xffffffff,
		Fd:     client,
		Pad:    int32(attempt),
	}
	return err == nil, unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, s, &event)
}

func stampArrivals(s int) error {
	return unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_TIMESTAMPING,
		unix.SOF_TIMESTAMPING_RX_SOFTWARE|unix.SOF_TIMESTAMPING_SOFTWARE)
}

func sockaddrOf(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// connectResult is how a connection that was begun has turned out.
func (p *poller) connectResult(fd int32) error {
	code, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err
	}
	if code != 0 {
		return unix.Errno(code)
	}
	if _, err := unix.Getpeername(int(fd)); err != nil {
		return err
	}
	return nil
}

// send writes a request, which is far smaller than a fresh socket's buffer.
func (p *poller) send(fd int32, b []byte) error {
	for {
		n, err := unix.Write(int(fd), b)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return err
		case n < len(b):
			return fmt.Errorf("request of %d bytes does not fit into the socket", len(b))
		default:
			return nil
		}
	}
}

// receive reads what there is. arrivedUs is when the kernel got the last byte of it; 0 when it does not say. Several
// segments that waited together share the arrival of the last.
func (p *receiver) receive(fd int32, b []byte) (n int, arrivedUs int64, err error) {
	p.vector.Base = &b[0]
	p.vector.SetLen(len(b))
	for {
		p.message = unix.Msghdr{Iov: &p.vector, Iovlen: 1, Control: &p.control[0]}
		p.message.SetControllen(len(p.control))
		// The socket does not block: no need to tell the Go scheduler of a system call of a microsecond.
		got, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&p.message)), 0)
		switch errno {
		case 0:
			return int(got), p.arrival(), nil
		case unix.EINTR:
			continue
		default:
			return 0, 0, errno
		}
	}
}

// arrival reads the first of the three times of SCM_TIMESTAMPING: the software receive time.
func (p *receiver) arrival() int64 {
	header := (*unix.Cmsghdr)(unsafe.Pointer(&p.control[0]))
	if int(p.message.Controllen) < unix.CmsgLen(int(unsafe.Sizeof(unix.Timespec{}))) ||
		header.Level != unix.SOL_SOCKET || header.Type != unix.SCM_TIMESTAMPING {
		return 0
	}
	at := (*unix.Timespec)(unsafe.Pointer(&p.control[unix.CmsgLen(0)]))
	return at.Nano() / 1000
}

func (p *poller) hangUp(fd int32) { unix.Close(int(fd)) }

func wouldBlock(err error) bool { return errors.Is(err, unix.EAGAIN) }

// keepStamping makes the kernel stamp packets before the first client comes, and for as long as the returned function is
// not called: the switch is thrown by the first socket that asks, and takes effect a moment later.
func keepStamping() (stop func(), err error) {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	stop = func() { unix.Close(s) }
	fail := func(err error) (func(), error) {
		stop()
		return nil, fmt.Errorf("receive timestamps: %w", err)
	}
	if err := stampArrivals(s); err != nil {
		return fail(err)
	}
	if err := unix.Bind(s, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return fail(err)
	}
	self, err := unix.Getsockname(s)
	if err != nil {
		return fail(err)
	}
	timeout := unix.Timeval{Sec: 1}
	if err := unix.SetsockoptTimeval(s, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		return fail(err)
	}
	var p receiver
	for range 1000 {
		if err := unix.Sendto(s, []byte{0}, 0, self); err != nil {
			return fail(err)
		}
		_, arrived, err := p.receive(int32(s), make([]byte, 1))
		if err != nil {
			return fail(err)
		}
		if arrived > 0 {
			return stop, nil
		}
		time.Sleep(time.Millisecond)
	}
	// A kernel without them: every read counts as stamped by the reader.
	return stop, nil
}
