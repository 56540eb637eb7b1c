//go:build linux

// Command plain-reader is the yardstick for the crowd: a goroutine and a small buffer for each event stream, that counts
// frames and does nothing else. It prints a line of JSON once all streams are open, and another once every stream has
// had the wanted number of events.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type figures struct {
	State          string  `json:"state"`
	Clients        int     `json:"clients"`
	BytesPerClient float64 `json:"bytesPerClient"`
	CPUUsPerOpen   float64 `json:"cpuUsPerOpen"`
	CPUUsPerEvent  float64 `json:"cpuUsPerEvent"`
}

func main() {
	target := flag.String("target", "", "host:port of an event stream server; several with commas between")
	clients := flag.Int("clients", 1000, "streams")
	events := flag.Int("events", 1, "events that every stream waits for")
	source := flag.String("source", "", "local address to connect from")
	arrive := flag.Duration("arrive", 0, "time over which the streams are opened, evenly")
	flag.Parse()
	if err := run(*target, *source, *clients, *events, *arrive); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(target, source string, clients, events int, arrive time.Duration) error {
	debug.FreeOSMemory()
	baseRSS, baseCPU := rss(), cpu()
	dialer := net.Dialer{KeepAlive: -1}
	if source != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(source)}
		dialer.Control = func(_, _ string, raw syscall.RawConn) error {
			const bindAddressNoPort = 24
			return raw.Control(func(fd uintptr) {
				_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, bindAddressNoPort, 1)
			})
		}
	}
	targets := strings.Split(target, ",")
	var opened, read sync.WaitGroup
	var failed atomic.Int64
	dials := make(chan struct{}, 256)
	start := time.Now()
	for i := range clients {
		time.Sleep(time.Until(start.Add(arrive * time.Duration(i) / time.Duration(clients))))
		opened.Add(1)
		read.Add(1)
		dials <- struct{}{}
		go func() {
			conn, err := dialer.Dial("tcp", targets[i%len(targets)])
			if err == nil {
				_, err = io.WriteString(conn, "GET /events HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n")
			}
			<-dials
			if err != nil {
				failed.Add(1)
				opened.Done()
				read.Done()
				return
			}
			// A fresh goroutine: it has not the stack that dialling grew.
			go reader(conn, events+2, &opened, &read)
		}()
	}
	opened.Wait()
	openCPU := cpu()
	f := figures{State: "open", Clients: clients - int(failed.Load())}
	f.CPUUsPerOpen = float64(openCPU-baseCPU) / float64(max(f.Clients, 1))
	f.BytesPerClient = float64(rss()-baseRSS) / float64(max(f.Clients, 1))
	if err := json.NewEncoder(os.Stdout).Encode(f); err != nil {
		return err
	}
	read.Wait()
	f.State = "read"
	f.BytesPerClient = float64(rss()-baseRSS) / float64(max(f.Clients, 1))
	f.CPUUsPerEvent = float64(cpu()-openCPU) / float64(max(f.Clients*events, 1))
	return json.NewEncoder(os.Stdout).Encode(f)
}

// reader counts empty lines: the header ends in one, and so does every event; the first event is the snapshot.
func reader(conn net.Conn, ends int, opened, read *sync.WaitGroup) {
	defer read.Done()
	buffer := make([]byte, 512)
	once := false
	for ends > 0 {
		n, err := conn.Read(buffer)
		if !once {
			once = true
			opened.Done()
		}
		if err != nil {
			return
		}
		ends -= bytes.Count(buffer[:n], []byte("\n\n")) + bytes.Count(buffer[:n], []byte("\r\n\r\n"))
	}
}

func cpu() int64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return (usage.Utime.Nano() + usage.Stime.Nano()) / 1000
}

func rss() int64 {
	file, err := os.Open("/proc/self/statm")
	if err != nil {
		return 0
	}
	defer file.Close()
	var size, resident int64
	_, _ = fmt.Fscan(bufio.NewReader(file), &size, &resident)
	return resident * int64(os.Getpagesize())
}
