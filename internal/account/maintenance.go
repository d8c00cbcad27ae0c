package account

import (
	"context"
	"errors"
	"runtime/metrics"
	"slices"
	"strconv"
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
	rolls     *Rolls
}

// NewMaintenance returns maintenance over a service. used tells the capacity
// that was consumed so far, in read and write units.
func NewMaintenance(s *Service, scanner Scanner, directory Directory, used func() (read, write float64)) *Maintenance {
	return &Maintenance{Service: s, scanner: scanner, directory: directory, used: used, rolls: &Rolls{}}
}

// Sharing has runs share their listings of the pool with those of other
// Maintenance over the same pool, and returns it.
func (m *Maintenance) Sharing(rolls *Rolls) *Maintenance {
	m.rolls = rolls
	return m
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
	// Seconds is after how long no further page is begun, 0 for no such bound. The
	// page at work is finished, so that every run gets on, however slow it is.
	Seconds float64 `json:"seconds,omitempty"`
	// Vanished is how many deletions of users who are not in the pool any more
	// JobEnsure may begin in all, from the beginning on. 0 leaves that to the job,
	// which begins none, and fails, where a mistake is more likely than so many
	// who left: if the pool has nobody at all; if more than half of a page's users
	// are not in it, and they are at least 5; or beyond 10 in all, or a hundredth
	// of the pool if that is more. A deletion cannot be undone after its grace
	// period: look at what JobVerify tells of them first. Each part of a table
	// counts by itself.
	Vanished int `json:"vanished,omitempty"`
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
	// tried again. Without Next it has to begin again.
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

// Run works at a job until its end, until its time or the context's is nearly
// over, or until the summary is full; Next says where to go on. Run again from
// the beginning, it does no harm. watch is shown the summary after each page.
func (m *Maintenance) Run(ctx context.Context, job Job, watch func(Summary)) Summary {
	r := &run{Maintenance: m, job: job, begun: m.now(), sum: Summary{
		Job: job.Name, Items: map[string]int{}, Findings: []Finding{}, Repairs: []Finding{}, Next: job.After,
	}}
	started := time.Now() // as deadlines are, whatever the service's clock
	stage, after, err := r.open(job.After)
	defer func() { r.rolls.keep(r.roll) }()
	readAtStart, writtenAtStart := m.used()
	for err == nil {
		stage, after, err = r.step(ctx, stage, after)
		r.sum.Next = r.position(stage, after)
		r.tell(err == nil)
		if err != nil {
			break
		}
		r.sum.Pages++
		r.measure(readAtStart, writtenAtStart)
		watch(r.sum)
		spent := job.Seconds > 0 && time.Since(started).Seconds() >= job.Seconds
		if stage == "" || r.full() || spent || nearlyOver(ctx) {
			return r.sum
		}
	}
	r.measure(readAtStart, writtenAtStart)
	if errors.Is(err, ErrExpiredPosition) {
		r.sum.Next = ""
	}
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
	page  told
	teams teamRun
	// roll is who is in the pool: nil until it is listed, and while that goes on
	// not complete. vanished counts the deletions of who is not, from the
	// beginning of the job on.
	roll     *roll
	vanished int
}

// told is what a page has to tell. It becomes part of the summary once the page
// is done, so that a page which is tried again is not told twice.
type told struct {
	findings, repairs []Finding
	images            int
}

func (r *run) found(f ...Finding) { r.page.findings = append(r.page.findings, f...) }

func (r *run) repaired(f Finding) {
	if !slices.Contains(r.page.repairs, f) { // by the try before, which the scan may not show yet
		r.page.repairs = append(r.page.repairs, f)
	}
}

// again forgets what a page told that is tried again. What it repaired it did.
func (r *run) again() { r.page = told{repairs: r.page.repairs} }

// tell puts a page into the summary; of one that is not done, and looked at again
// by the next run, what was repaired alone.
func (r *run) tell(done bool) {
	if !done {
		r.again()
	}
	r.sum.Findings = append(r.sum.Findings, r.page.findings...)
	r.sum.Repairs = append(r.sum.Repairs, r.page.repairs...)
	r.sum.Images += r.page.images
	r.page = told{}
}

var errJob = errors.New("no such job, or no position of it")

// open returns where a position is.
func (r *run) open(position string) (stage, after string, err error) {
	stage, after, _ = strings.Cut(position, ":")
	switch {
	case !r.withPool() && r.job.Name != JobCheck:
		return "", "", errJob
	case position == "" && r.withPool():
		return r.open(stagePeople + ":")
	case position == "":
		return stageTable, "", nil
	case stage == stagePeople && r.withPool():
		if r.roll = (&roll{}); after != "" {
			r.roll = r.rolls.resume(after, r.now())
		}
		return stage, after, nil
	case stage == stageTable:
		if count, key, counted := strings.Cut(after, ":"); counted {
			if r.vanished, err = strconv.Atoi(count); err != nil || r.vanished < 0 {
				return "", "", errJob
			}
			return stage, key, nil
		}
		return stage, after, nil // of a run that did not count
	}
	return "", "", errJob
}

// position is where a run goes on, as open understands it. The table's have with
// them how many deletions of the vanished have begun. Those of a function that
// is killed are not counted: fewer than a page may begin.
func (r *run) position(stage, after string) string {
	switch stage {
	case "":
		return ""
	case stageTable:
		after = strconv.Itoa(r.vanished) + ":" + after
	}
	return stage + ":" + after
}

func (r *run) withPool() bool { return r.job.Name == JobEnsure || r.job.Name == JobVerify }

// step does a page and returns where the next one is; stage is empty at the end.
// Before the table comes the roll, if it is not there: a page of it is a step
// that stays where it is.
func (r *run) step(ctx context.Context, stage, after string) (nextStage, next string, err error) {
	do, then := r.people, stageTable
	if stage == stageTable {
		do, then = r.table, ""
		if r.withPool() && !r.enlisted() {
			do, then = r.enlist, stageTable
		}
	}
	for try := 1; ; try++ {
		r.again()
		next, err = do(ctx, after)
		if !errors.Is(err, ErrUnavailable) || try == stepTries || nearlyOver(ctx) {
			break
		}
		if err := sleep(ctx, stepPause<<try); err != nil {
			return stage, after, err
		}
	}
	switch {
	case err != nil:
		return stage, after, err
	case next != "":
		return stage, next, nil
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
	return inBatches(ctx, keys, m.scanner.Inspect)
}
