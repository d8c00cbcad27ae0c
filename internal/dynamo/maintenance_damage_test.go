package dynamo_test

import (
	"encoding/json"
	"strings"
	"testing"

	"hearth/internal/account"
	"hearth/internal/dynamo"
)

// scribble is what stands where something else should; nobody may be told it.
const scribble = "ada@private.example"

// damaged is an item of which an attribute is not of its type, told once as told.
// TEAM stands for the team's id. uncounted has it told too that the team cannot be
// counted.
func damaged(name, attribute, pk, sk, told string, uncounted bool) breakage {
	return stays(name, func(t *testing.T, v *village) {
		v.setText(t, strings.ReplaceAll(pk, "TEAM", v.id), strings.ReplaceAll(sk, "TEAM", v.id), attribute, scribble)
	}, func(v *village) []string {
		var all []string
		if uncounted {
			all = append(all, "counters organization "+v.id)
		}
		return append(all, "item "+strings.ReplaceAll(told, "TEAM", v.id))
	})
}

// damages are items that cannot be read, each of which others lead to, and items
// that stand where they must not.
var damages = []breakage{
	damaged("a damaged user", "createdAt", "USER#"+kimID, "USER", "USER#"+kimID+" USER", false),
	damaged("a damaged user who owns a team", "version", "USER#"+adaID, "USER", "USER#"+adaID+" USER", false),
	damaged("a damaged address", "version", "EMAIL#"+addressOf("kim"), "USER", "EMAIL#… USER", false),
	damaged("a damaged personal organization", "createdAt", "ORG#"+kimID, "ORG", "ORG#"+kimID+" ORG", false),
	damaged("a damaged team", "memberCount", "ORG#TEAM", "ORG", "ORG#TEAM ORG", false),
	damaged("a damaged personal membership", "joinedAt", "USER#"+kimID, "MEMBER#"+kimID, "USER#"+kimID+" MEMBER#"+kimID, false),
	damaged("a damaged membership", "joinedAt", "USER#"+bobID, "MEMBER#TEAM", "USER#"+bobID+" MEMBER#TEAM", true),
	damaged("a damaged slug", "version", "SLUG#team", "SLUG", "SLUG#team SLUG", false),
	damaged("a stranger among invitations", "createdAt", "ORG#TEAM", "INVITE#zzz", "ORG#TEAM INVITE#zzz", true),
	damaged("a damaged invited address", "version", "ORG#TEAM", "INVITED#"+addressOf("eve"), "ORG#TEAM INVITED#…", false),
	damaged("a damaged deletion", "dueAt", "USER#"+kimID, "DELETION", "USER#"+kimID+" DELETION", false),
	damaged("an item of nothing", "note", "NOTE#x@example.com", "y@example.com", "NOTE#… …", false),
	stays("a damaged datum", func(t *testing.T, v *village) {
		insert(t, v.store, &account.Datum{AccountID: v.id, ID: "PROJECT#1", Type: "project", Version: 1})
		v.setText(t, "DATA#"+v.id, "PROJECT#1", "version", scribble)
	}, func(v *village) []string { return []string{"item DATA#" + v.id + " PROJECT#1"} }),
	stays("a datum in the list of members", func(t *testing.T, v *village) {
		insert(t, v.store, &account.Datum{AccountID: v.id, ID: "PROJECT#2", Type: "project", Version: 1})
		v.setText(t, "DATA#"+v.id, "PROJECT#2", dynamo.IndexSortKey, "MEMBER#aaa\t1")
		v.setText(t, "DATA#"+v.id, "PROJECT#2", dynamo.IndexPartitionKey, "ORG#"+v.id)
	}, func(v *village) []string { return []string{"item DATA#" + v.id + " PROJECT#2"} }),
	stays("an item without a version", func(t *testing.T, v *village) { v.forget(t, "USER#"+kimID, "USER", "version") }, items("item USER#"+kimID+" USER")),
	{"a user who would expire", func(t *testing.T, v *village) {
		v.setText(t, "USER#"+kimID, "USER", dynamo.TTLAttribute, scribble)
	}, items("item USER#" + kimID + " USER"), nothing},
}

// Whatever is damaged, every job reaches its end, and what stands in a damaged
// field is told nowhere.
func TestJobsGoPastWhatIsDamaged(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	told := map[string]bool{}
	for _, b := range damages {
		b.do(t, v)
		for _, f := range b.found(v) {
			told[f] = strings.HasPrefix(f, "item ")
		}
	}
	for _, name := range []account.JobName{account.JobCheck, account.JobVerify, account.JobEnsure, account.JobEnsure} {
		s := v.jobs.Run(t.Context(), account.Job{Name: name}, func(account.Summary) {})
		found := map[string]bool{}
		for _, f := range s.Findings {
			found[string(f.Rule)+" "+f.Item] = true
		}
		for f, alone := range told {
			if alone && !found[f] {
				t.Errorf("%s does not tell %s", name, f)
			}
		}
		text, err := json.Marshal(s)
		if err != nil || s.Failure != "" || s.Next != "" || strings.Contains(string(text), "@") {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
}

// To a request what is damaged is no absence: it fails, and says nothing of what
// stands there.
func TestRequestsFailOnWhatIsDamaged(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.setText(t, "USER#"+bobID, "MEMBER#"+v.id, "joinedAt", scribble)
	_, err := v.Authorize(t.Context(), identity("bob", "1"), account.Target{AccountID: v.id})
	if err == nil || strings.Contains(err.Error(), scribble) || !strings.Contains(err.Error(), "joinedAt") {
		t.Errorf("a request of bob's: %v", err)
	}
}
