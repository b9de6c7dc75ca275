// #region client
// Package cairn sends events in batches, so that no request of yours waits for them.
package cairn

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"strconv"
	"sync"
	"time"
)

type Event struct {
	EventID    string         `json:"event_id"`
	EventType  string         `json:"event_type"`
	UserID     string         `json:"user_id"`
	SessionID  string         `json:"session_id,omitempty"`
	EntityType string         `json:"entity_type,omitempty"`
	EntityID   string         `json:"entity_id,omitempty"`
	Metadata   map[string]any `json:"metadata,omitempty"`
	DurationMs int64          `json:"duration_ms,omitempty"`
	Timestamp  time.Time      `json:"timestamp"`
	DeviceType string         `json:"device_type"`
}

type Client struct {
	url, key string
	http     http.Client
	waiting  chan Event
	open     sync.WaitGroup
}

func New(host, writeKey string) *Client {
	c := &Client{url: host + "/api/events/log/batch", key: writeKey, http: http.Client{Timeout: 30 * time.Second}, waiting: make(chan Event, 10_000)}
	go c.run()
	return c
}

func (c *Client) Track(e Event) {
	id := make([]byte, 16)
	rand.Read(id)
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	e.EventID = fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
	e.Timestamp, e.DeviceType = time.Now().UTC(), "server"
	c.open.Add(1)
	select {
	case c.waiting <- e:
	default:
		c.open.Done()
		log.Println("cairn: 10,000 events wait, this one is lost:", e.EventType)
	}
}

// Flush returns when all is delivered; for the end of the process.
func (c *Client) Flush() { c.open.Wait() }

func (c *Client) run() {
	for e := range c.waiting {
		events := []Event{e}
		time.Sleep(time.Second)
		for len(events) < 100 && len(c.waiting) > 0 {
			events = append(events, <-c.waiting)
		}
		for wait := c.send(events); wait > 0; wait = c.send(events) {
			time.Sleep(wait)
		}
		c.open.Add(-len(events))
	}
}

// send tells how long to wait before the same events may be sent again; 0 when they are done.
func (c *Client) send(events []Event) time.Duration {
	body, err := json.Marshal(map[string]any{"events": events, "sent_at": time.Now().UTC()})
	if err != nil {
		log.Println("cairn:", err)
		return 0
	}
	request, err := http.NewRequest("POST", c.url, bytes.NewReader(body))
	if err != nil {
		log.Println("cairn:", err)
		return 0
	}
	request.Header.Set("Authorization", "Bearer "+c.key)
	request.Header.Set("Content-Type", "application/json")
	answer, err := c.http.Do(request)
	if err != nil {
		return 10 * time.Second
	}
	defer answer.Body.Close()
	if answer.StatusCode == 429 || answer.StatusCode == 503 {
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		return time.Duration(max(seconds, 1)) * time.Second
	}
	if said, _ := io.ReadAll(answer.Body); answer.StatusCode != 200 || !bytes.Contains(said, []byte(`"rejected":[]`)) {
		log.Printf("cairn: %d %s", answer.StatusCode, said)
	}
	return 0
}

// #endregion

// #region activity
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Activity records every answered request of a user: http.ListenAndServe(":8080", client.Activity(user, mux)). Route is the pattern of a
// Go 1.23 mux.
func (c *Client) Activity(user func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := &recorder{w, 200}
		next.ServeHTTP(seen, r)
		if id := user(r); id != "" {
			c.Track(Event{
				EventType:  "request_completed",
				UserID:     id,
				SessionID:  r.Header.Get("X-Session"),
				DurationMs: time.Since(began).Milliseconds(),
				Metadata:   map[string]any{"method": r.Method, "route": r.Pattern, "status": seen.status},
			})
		}
	})
}

// #endregion
