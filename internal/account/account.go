// Package account keeps the people who work at an event: staff with roles, who
// sign in with a password.
package account

import (
	"time"

	"convene/internal/store"
)

// Role is what a staff member may do.
type Role string

// The roles. An administrator may do everything, an organiser everything but
// keep accounts, door staff only scan.
const (
	Administrator Role = "administrator"
	Organiser     Role = "organiser"
	Door          Role = "door"
)

// Roles lists every role.
var Roles = []Role{Administrator, Organiser, Door}

// Staff is somebody who signs in.
type Staff struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Email    string    `json:"email"`
	EmailKey string    `json:"email_key"` // lower case, unique
	Role     Role      `json:"role"`
	Password string    `json:"password"` // argon2id, PHC string format
	Created  time.Time `json:"created"`
}

// MayOrganise reports whether the staff member may use the desk.
func (s Staff) MayOrganise() bool { return s.Role == Organiser || s.Role == Administrator }

// MayScan reports whether the staff member may work at the door.
func (s Staff) MayScan() bool { return s.Role == Door || s.MayOrganise() }

// Session is a sign-in that lasts.
type Session struct {
	ID      string    `json:"id"` // link.Hash of the cookie's token
	Staff   string    `json:"staff"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
}

var (
	staff    = store.NewCollection("staff", func(s Staff) string { return s.ID }, store.Unique("email", "email_key"))
	sessions = store.NewCollection("sign_ins", func(s Session) string { return s.ID }, store.On("expires", "expires"), store.On("staff", "staff"))
)

// Collections lists the package's schemas.
func Collections() []store.Schema { return []store.Schema{staff.Schema(), sessions.Schema()} }
