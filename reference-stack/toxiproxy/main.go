// Toxiproxy, for us alone: the server as its authors made it, behind a user and a password, since its own takes orders from
// anybody who reaches its port.
package main

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Printf("toxiproxy-server version %s\n", toxiproxy.Version)
		return
	}
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}

// run serves the API at HOST:PORT until it is told to end.
func run() error {
	password := os.Getenv("TOXIPROXY_PASSWORD")
	if len(password) < 16 {
		return errors.New("TOXIPROXY_PASSWORD is not set, or shorter than 16 characters")
	}
	logger := zerolog.New(os.Stdout).Level(zerolog.WarnLevel).With().Timestamp().Logger()
	proxies := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), logger)
	server := &http.Server{
		Handler:           guarded(proxies.Routes(), "matchday", password),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT")))
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	select {
	case err := <-ended:
		return err
	case <-signals:
		return server.Close()
	}
}

// guarded lets everybody ask for the version, and nobody else in without user and password.
func guarded(next http.Handler, user, password string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == "/version" {
			next.ServeHTTP(w, r)
			return
		}
		givenUser, givenPassword, _ := r.BasicAuth()
		same := subtle.ConstantTimeCompare([]byte(givenUser), []byte(user)) &
			subtle.ConstantTimeCompare([]byte(givenPassword), []byte(password))
		if same != 1 {
			w.Header().Set("WWW-Authenticate", `Basic realm="toxiproxy"`)
			http.Error(w, "user and password of the stack, please", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}
