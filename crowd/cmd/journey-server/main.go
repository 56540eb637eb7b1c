// Command journey-server answers the journey of bench/journey.ts, and does nothing besides: a queue that admits everybody
// after a fixed time, seats, holds and bookings.
//
//	GET  /queue         event stream: joined, a second of waiting, admitted; it stays open
//	GET  /queue?close=1 the same, and the response ends: for clients that read whole responses
//	GET  /seats         two seats
//	POST /holds         201 with a hold
//	POST /bookings      201
//
// It prints its base URL as the first line. GET /booked tells how many bookings there were.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

func main() {
	admitAfter := flag.Duration("admit-after", time.Second, "from joined to admitted")
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	var booked atomic.Int64
	http.HandleFunc("GET /queue", func(w http.ResponseWriter, r *http.Request) { queue(w, r, *admitAfter) })
	http.HandleFunc("GET /seats", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, `{"seats":["A-1-1","A-1-2"],"asOfUs":1700000000000000}`)
	})
	http.HandleFunc("POST /holds", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusCreated, `{"hold":"0123456789abcdef","seats":["A-1-1","A-1-2"],"expiresAtUs":1700000000000000}`)
	})
	http.HandleFunc("POST /bookings", func(w http.ResponseWriter, _ *http.Request) {
		booked.Add(1)
		answer(w, http.StatusCreated, `{"booking":"b1","state":"confirmed","seats":["A-1-1","A-1-2"]}`)
	})
	http.HandleFunc("GET /booked", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, booked.Load()) })
	fmt.Printf("http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}

func queue(w http.ResponseWriter, r *http.Request, admitAfter time.Duration) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, "event: joined\ndata: {\"ticket\":\"t1\"}\n\n")
	w.(http.Flusher).Flush()
	select {
	case <-r.Context().Done():
		return
	case <-time.After(admitAfter):
	}
	fmt.Fprint(w, "event: admitted\ndata: {\"admission\":\"a1\"}\n\n")
	w.(http.Flusher).Flush()
	if r.URL.Query().Get("close") == "" {
		<-r.Context().Done()
	}
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}
