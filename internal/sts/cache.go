package sts

import (
	"container/list"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// scope is whose data credentials reach.
type scope struct{ accountID, userID string }

// kept are credentials, and when to renew them.
type kept struct {
	aws.Credentials
	refreshAt time.Time
}

// cache keeps the credentials that were used last.
type cache struct {
	mu sync.Mutex
	// order has *cached: the scopes and their credentials, the last used first.
	order *list.List
	at    map[scope]*list.Element
	most  int
}

type cached struct {
	scope scope
	kept  kept
}

func newCache(most int) *cache {
	return &cache{order: list.New(), at: map[scope]*list.Element{}, most: most}
}

func (c *cache) get(s scope) (kept, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, found := c.at[s]
	if !found {
		return kept{}, false
	}
	c.order.MoveToFront(element)
	return element.Value.(*cached).kept, true
}

func (c *cache) put(s scope, k kept) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, found := c.at[s]; found {
		c.order.Remove(element)
	}
	c.at[s] = c.order.PushFront(&cached{s, k})
	for c.order.Len() > c.most {
		last := c.order.Back()
		delete(c.at, last.Value.(*cached).scope)
		c.order.Remove(last)
	}
}
