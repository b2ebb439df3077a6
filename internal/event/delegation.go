package event

import (
	"context"
	"strconv"
	"strings"
	"time"

	"convene/internal/problem"
)

// MaxDelegation is the largest delegation.
const MaxDelegation = 1000

// DelegationSize reads how many a city may nominate, as typed: a number from 0 to
// MaxDelegation, or nothing. What it is not becomes a fault of the field.
func DelegationSize(field, typed string, faults *problem.Form) (n int, given bool) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return 0, false
	}
	n, err := strconv.Atoi(typed)
	if err != nil || n < 0 || n > MaxDelegation {
		faults.Add(field, "problem.field.between", "Min", 0, "Max", MaxDelegation)
	}
	return n, true
}

// TypedDelegations are the rules of delegations, as an organiser types them.
type TypedDelegations struct {
	Size          string // how many each member city may nominate; empty: none
	FocalApproval bool
}

// SetDelegations changes how many each member city may nominate, and whether focal
// points approve who registers openly. Who was nominated stays so, also beyond a new
// number. A problem of kind Invalid names the field delegation.
func (s *Service) SetDelegations(ctx context.Context, id string, typing Typing[TypedDelegations]) (Event, error) {
	return take(ctx, s, id, typing, func(e *Event, typed TypedDelegations) (changed bool, err error) {
		var faults problem.Form
		n, _ := DelegationSize("delegation", typed.Size, &faults)
		r := &e.Registration
		if err := faults.Err(); err != nil || r.Delegation == n && r.FocalApproval == typed.FocalApproval {
			return false, err
		}
		r.Delegation, r.FocalApproval = n, typed.FocalApproval
		return true, nil
	})
}

// Nominating reports whether focal points may nominate at the instant: until
// registration closes.
func (e Event) Nominating(now time.Time) bool {
	state := e.RegistrationState(now)
	return state == RegistrationOpen || state == RegistrationNotYet
}

// Nominable lists the categories in which focal points may nominate: all but those
// for the organisers alone.
func (e Event) Nominable() []Category {
	var list []Category
	for _, c := range e.Categories() {
		if c.Seen != SeenByDesk {
			list = append(list, c)
		}
	}
	return list
}
