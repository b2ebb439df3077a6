package jobs

import (
	"time"

	"convene/internal/store"
)

// record is a job in the store.
type record struct {
	ID       string    `json:"id"`             // the job's name
	LastTick time.Time `json:"last_tick"`      // the newest tick taken, skipped or dropped
	Again    time.Time `json:"again,omitzero"` // an interrupted tick to run again
	Fence    int64     `json:"fence"`          // of the newest run
	Running  *running  `json:"running,omitempty"`
	Last     *Past     `json:"last,omitempty"`

	unknown bool // not in the store yet
}

// running is the run in progress. Its instants are the holder's.
type running struct {
	Holder   string    `json:"holder"` // the instance's name
	Token    string    `json:"token"`  // the runner itself: names may be shared by mistake
	Tick     time.Time `json:"tick"`
	Started  time.Time `json:"started"`
	LeaseEnd time.Time `json:"lease_end"`
	Cause    Cause     `json:"cause"`
	Missed   int       `json:"missed,omitempty"`
}

// Past is a run that is over.
type Past struct {
	Job     string         `json:"job"`
	Fence   int64          `json:"fence"`
	Tick    time.Time      `json:"tick"`
	Cause   Cause          `json:"cause"`
	Holder  string         `json:"holder"` // the instance's name
	Started time.Time      `json:"started"`
	Ended   time.Time      `json:"ended"` // of an interrupted run: when that was noticed
	Outcome Outcome        `json:"outcome"`
	Counts  map[string]int `json:"counts,omitempty"`
	Error   string         `json:"error,omitempty"`
	Missed  int            `json:"missed,omitempty"`  // earlier ticks this run stood for
	Skipped int            `json:"skipped,omitempty"` // ticks that came while it ran
}

// Cause is why a run began.
type Cause string

const (
	Scheduled Cause = "scheduled" // its tick came
	MadeUp    Cause = "made up"   // ticks before it were missed
	Again     Cause = "again"     // its tick had been interrupted
	Asked     Cause = "asked"     // by RunNow
)

// Outcome is how a run ended.
type Outcome string

const (
	Done        Outcome = "done"
	Failed      Outcome = "failed"
	Interrupted Outcome = "interrupted" // its holder died or was stopped
)

// quiet reports whether the run is not worth a line of history.
func (p Past) quiet() bool {
	if p.Outcome != Done || p.Missed > 0 || p.Skipped > 0 || p.Cause == Asked {
		return false
	}
	for _, n := range p.Counts {
		if n != 0 {
			return false
		}
	}
	return true
}

var (
	records = store.NewCollection("jobs", func(r record) string { return r.ID })
	history = store.NewCollection("job_runs", pastID, store.On("job", "job", "fence"))
)

// Collections lists the package's schemas.
func Collections() []store.Schema {
	return []store.Schema{records.Schema(), history.Schema()}
}
