package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// listen opens a port on the loopback interface, for both families of
// addresses: some programs look for "localhost" at ::1 first. A machine without
// IPv6 gets the one. Port 0 takes a free one.
func listen(ctx context.Context, port int, purpose string) ([]net.Listener, int, error) {
	var lc net.ListenConfig
	v4, err := lc.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, 0, portError(err, port, purpose)
	}
	free := port == 0
	port = v4.Addr().(*net.TCPAddr).Port
	v6, err := lc.Listen(ctx, "tcp6", net.JoinHostPort("::1", strconv.Itoa(port)))
	switch {
	case err == nil:
		return []net.Listener{v4, v6}, port, nil
	case free || !errors.Is(err, syscall.EADDRINUSE):
		return []net.Listener{v4}, port, nil
	default:
		return nil, 0, errors.Join(portError(err, port, purpose), v4.Close())
	}
}

func portError(err error, port int, purpose string) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("port %d, for %s, is taken: end what uses it, or choose another with PORT=", port, purpose)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("port %d, for %s, is not allowed: choose one above 1023 with PORT=", port, purpose)
	default:
		return fmt.Errorf("port %d, for %s: %w", port, purpose, err)
	}
}

func closeAll(listeners []net.Listener) error {
	var errs []error
	for _, l := range listeners {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// localhost is the URL of a port of this machine.
func localhost(port int) string { return "http://localhost:" + strconv.Itoa(port) }
