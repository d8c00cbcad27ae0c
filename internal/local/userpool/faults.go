package userpool

import (
	"slices"
	"sync"
)

// Faults is a plan of failures for tests. The zero value plans none; its
// methods may be called while the pool is serving.
type Faults struct {
	mu         sync.Mutex
	operations map[string][]plannedFault
	triggers   map[string]int
}

// plannedFault is one failure of one future call.
type plannedFault struct {
	code string
	// after is true for a call that does its work and then loses its answer.
	after bool
}

// Fail makes the next times calls of an operation, such as "SignUp", answer
// with the given error code, such as "TooManyRequestsException", before they
// did anything.
func (f *Faults) Fail(operation, code string, times int) {
	f.plan(operation, plannedFault{code: code}, times)
}

// LoseAnswer makes the next times calls of an operation do their work and then
// answer InternalErrorException, as if the answer had been lost on its way.
func (f *Faults) LoseAnswer(operation string, times int) {
	f.plan(operation, plannedFault{code: codeInternalError, after: true}, times)
}

// TimeOutTrigger makes the next times attempts to call a trigger, by its
// source such as "PostConfirmation_ConfirmSignUp", end at once as if five
// seconds had passed without an answer. The function itself is not called.
func (f *Faults) TimeOutTrigger(source string, times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.triggers == nil {
		f.triggers = make(map[string]int)
	}
	f.triggers[source] += times
}

func (f *Faults) plan(operation string, fault plannedFault, times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.operations == nil {
		f.operations = make(map[string][]plannedFault)
	}
	f.operations[operation] = append(f.operations[operation], slices.Repeat([]plannedFault{fault}, max(times, 0))...)
}

// Planned is how many failures of an operation are still to come.
func (f *Faults) Planned(operation string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.operations[operation])
}

// takeOperation returns the fault planned for this call of an operation.
func (f *Faults) takeOperation(operation string) (plannedFault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	planned := f.operations[operation]
	if len(planned) == 0 {
		return plannedFault{}, false
	}
	f.operations[operation] = planned[1:]
	return planned[0], true
}

// takeTriggerTimeout reports whether this attempt to call a trigger times out.
func (f *Faults) takeTriggerTimeout(source string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.triggers[source] <= 0 {
		return false
	}
	f.triggers[source]--
	return true
}
