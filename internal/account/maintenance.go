package account

import (
	"context"
	"errors"
	"runtime/metrics"
	"strings"
	"time"
)

// Maintenance is what operators do with all users, or with one: Run and
// Operate. It alone scans the table.
type Maintenance struct {
	*Service
	scanner   Scanner
	directory Directory
	used      func() (read, write float64)
}

// NewMaintenance returns maintenance over a service. used tells the capacity
// that was consumed so far, in read and write units.
func NewMaintenance(s *Service, scanner Scanner, directory Directory, used func() (read, write float64)) *Maintenance {
	return &Maintenance{Service: s, scanner: scanner, directory: directory, used: used}
}

// JobName names a job over all users.
type JobName string

// The jobs.
const (
	// JobEnsure gives every confirmed person of the pool their records and
	// repairs what can be.
	JobEnsure JobName = "ensure"
	// JobVerify holds pool and table against what must always be true. It
	// changes nothing.
	JobVerify JobName = "verify"
	// JobCheck does so with the table alone.
	JobCheck JobName = "check"
)

// Job is what to do, and where to go on.
type Job struct {
	Name JobName `json:"job"`
	// After is the Next of the summary before; empty begins.
	After string `json:"after,omitempty"`
	// Range is the part of the table; people are all looked at in each part.
	Range
}

// Summary is what a job did until its time was over or MaxReports reached.
type Summary struct {
	Job JobName `json:"job"`
	// People counts the persons of the pool, Items the table's by type.
	People int            `json:"people"`
	Items  map[string]int `json:"items"`
	Pages  int            `json:"pages"`
	// Images counts those that were told again to stay.
	Images int `json:"images,omitempty"`
	// Findings are broken, and stay so; Repairs were.
	Findings []Finding `json:"findings"`
	Repairs  []Finding `json:"repairs"`
	// Next is where to go on; empty at the end.
	Next string `json:"next,omitempty"`
	// Failure is why the job stopped before its end; what is at Next can be
	// tried again.
	Failure    string  `json:"failure,omitempty"`
	Seconds    float64 `json:"seconds"`
	ReadUnits  float64 `json:"readUnits"`
	WriteUnits float64 `json:"writeUnits"`
	// MemoryBytes is the most that the heap held at the end of a page.
	MemoryBytes uint64 `json:"memoryBytes"`
}

// MaxReports is about how many findings and repairs one summary holds, so that
// neither the memory nor the answer of a function grows with what is broken.
const MaxReports = 500

// The steps of a job over pages, as positions name them.
const (
	stagePeople = "people"
	stageTable  = "table"
)

// scanPage is how many items are looked at together: of usual ones less than the
// megabyte that DynamoDB reads at once.
const scanPage = 1000

// A page that the engine or the provider did not answer for is tried again,
// with growing pauses of some seconds in all.
const (
	stepTries = 5
	stepPause = 200 * time.Millisecond
)

// Run works at a job until its end, until the context's time is nearly over, or
// until the summary is full; Next says where to go on. Run again from the
// beginning, it does no harm. watch is shown the summary after each page.
func (m *Maintenance) Run(ctx context.Context, job Job, watch func(Summary)) Summary {
	r := &run{Maintenance: m, job: job, begun: m.now(), sum: Summary{
		Job: job.Name, Items: map[string]int{}, Findings: []Finding{}, Repairs: []Finding{}, Next: job.After,
	}}
	stage, after, err := r.open(job.After)
	readAtStart, writtenAtStart := m.used()
	for err == nil {
		if stage, after, err = r.step(ctx, stage, after); err != nil {
			break
		}
		r.sum.Next = ""
		if stage != "" {
			r.sum.Next = stage + ":" + after
		}
		r.sum.Pages++
		r.measure(readAtStart, writtenAtStart)
		watch(r.sum)
		if stage == "" || r.full() || nearlyOver(ctx) {
			return r.sum
		}
	}
	r.measure(readAtStart, writtenAtStart)
	if timeIsOver := nearlyOver(ctx) && errors.Is(err, ErrUnavailable); !timeIsOver || r.sum.Pages == 0 {
		r.sum.Failure = err.Error()
	}
	return r.sum
}

// run is a job at work.
type run struct {
	*Maintenance
	job   Job
	begun time.Time
	sum   Summary
	teams teamRun
}

var errJob = errors.New("no such job, or no position of it")

// open returns where a position is.
func (r *run) open(position string) (stage, after string, err error) {
	withPool := r.job.Name == JobEnsure || r.job.Name == JobVerify
	stage, after, _ = strings.Cut(position, ":")
	switch {
	case !withPool && r.job.Name != JobCheck:
		return "", "", errJob
	case position == "" && withPool:
		return stagePeople, "", nil
	case position == "":
		return stageTable, "", nil
	case stage == stagePeople && withPool, stage == stageTable:
		return stage, after, nil
	}
	return "", "", errJob
}

// step does a page and returns where the next one is; stage is empty at the end.
func (r *run) step(ctx context.Context, stage, after string) (nextStage, next string, err error) {
	do, then := r.people, stageTable
	if stage == stageTable {
		do, then = r.table, ""
	}
	for try := 1; ; try++ {
		next, err = do(ctx, after)
		if !errors.Is(err, ErrUnavailable) || try == stepTries || nearlyOver(ctx) {
			break
		}
		if err := sleep(ctx, stepPause<<try); err != nil {
			return "", "", err
		}
	}
	if err != nil || next != "" {
		return stage, next, err
	}
	return then, "", nil
}

func (r *run) full() bool { return len(r.sum.Findings)+len(r.sum.Repairs) >= MaxReports }

// repairs reports whether the job changes anything.
func (r *run) repairs() bool { return r.job.Name == JobEnsure }

func (r *run) measure(readAtStart, writtenAtStart float64) {
	read, written := r.used()
	r.sum.Seconds = r.now().Sub(r.begun).Seconds()
	r.sum.ReadUnits, r.sum.WriteUnits = read-readAtStart, written-writtenAtStart
	r.sum.MemoryBytes = max(r.sum.MemoryBytes, heapBytes())
}

// heapBytes is what objects on the heap take, those not yet collected included.
func heapBytes() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}

// sleep pauses, and fails with ErrUnavailable when the context ends before.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ErrUnavailable.Because(ctx.Err())
	case <-time.After(d):
		return nil
	}
}

// readAll reads any number of records, in as many calls as they need. What cannot
// be read is a *Broken among them: nothing may be decided on it.
func (m *Maintenance) readAll(ctx context.Context, keys []Key) (Records, error) {
	found := Records{}
	for len(keys) > 0 {
		n := min(len(keys), MaxRead)
		records, err := m.scanner.Inspect(ctx, keys[:n]...)
		if err != nil {
			return nil, err
		}
		for k, r := range records {
			found[k] = r
		}
		keys = keys[n:]
	}
	return found, nil
}
