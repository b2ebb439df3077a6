package desk

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/file"
	"convene/internal/form"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// said is what somebody answered to the event's questions.
type said struct {
	Lines    []saidLine
	Proposed []saidLine // what would change, while that waits for approval
	At       string     // since when it waits, in words
	Seen     string     // the same for the form
}

// saidLine is the answer to one question, and the one that is to take its place.
type saidLine struct {
	Label   string
	Now     saidWords
	Wanted  saidWords
	Retired bool
}

// saidWords are an answer in words: of a file, its name and where the desk reads it.
type saidWords struct{ Text, Href string }

// saidBy tells all that somebody answered, also to questions that are asked no
// longer.
func (s *Pages) saidBy(ctx context.Context, k clock, e event.Event, d delegate.Delegate) (said, error) {
	set, err := s.app.Forms.Of(ctx, e.ID)
	if err != nil {
		return said{}, err
	}
	var all said
	if d.Proposed != nil {
		all.At, all.Seen = k.moment(d.Proposed.At).Text, d.Proposed.At.Format(time.RFC3339Nano)
	}
	wanted := d.Wanted()
	for _, q := range set.Questions {
		line := saidLine{Label: k.print.Text(q.Label), Retired: q.Retired}
		if line.Now, err = s.saidWords(ctx, k, e, d, q, d.Answers[q.ID]); err != nil {
			return all, err
		}
		if len(d.Answers[q.ID]) > 0 {
			all.Lines = append(all.Lines, line)
		}
		if slices.Equal(wanted[q.ID], d.Answers[q.ID]) {
			continue
		}
		if line.Wanted, err = s.saidWords(ctx, k, e, d, q, wanted[q.ID]); err != nil {
			return all, err
		}
		all.Proposed = append(all.Proposed, line)
	}
	return all, nil
}

func (s *Pages) saidWords(ctx context.Context, k clock, e event.Event, d delegate.Delegate, q form.Question, values []string) (saidWords, error) {
	if q.Kind != form.File || len(values) == 0 {
		return saidWords{Text: q.Words(k.print, values)}, nil
	}
	f, err := s.app.Files.Get(ctx, values[0])
	if problem.KindOf(err) == problem.NotFound && err != nil {
		return saidWords{Text: k.print.T("said.file_gone")}, nil
	}
	return saidWords{Text: f.Name, Href: deskPath(e, "delegates", d.ID, "files", f.ID)}, err
}

// AnswersDo lets the proposed answers hold, or those that held before.
func (s *Pages) AnswersDo(c *fiber.Ctx) error {
	e, d, err := s.delegate(c)
	if err != nil {
		return err
	}
	sent := kit.Posted(c)
	seen, err := time.Parse(time.RFC3339Nano, sent.Value("seen"))
	if err != nil {
		return fiber.ErrBadRequest
	}
	done := "said.approved"
	switch c.Params("do") {
	case "approve":
		_, err = s.app.Delegates.ApproveAnswers(c.UserContext(), d.ID, seen)
	case "decline":
		done = "said.declined"
		_, err = s.app.Delegates.DeclineAnswers(c.UserContext(), d.ID, seen, sent.Value("reason"))
	default:
		return fiber.ErrNotFound
	}
	if err == nil {
		kit.Flash(c, kit.Good, done)
	} else if err := flashProblem(c, err); err != nil {
		return err
	}
	return c.Redirect(deskPath(e, "delegates", d.ID), fiber.StatusSeeOther)
}

// AnswerFile sends a file that the person gave as an answer, for keeping: no browser
// shows it under our address, whatever is in it.
func (s *Pages) AnswerFile(c *fiber.Ctx) error {
	e, d, err := s.delegate(c)
	if err != nil {
		return err
	}
	f, err := s.fileOf(c.UserContext(), e, d, strings.Clone(c.Params("file")))
	if err != nil {
		return err
	}
	data, err := s.app.Files.Content(c.UserContext(), f)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, f.Type)
	c.Set(fiber.HeaderContentDisposition, "attachment; filename*=UTF-8''"+url.PathEscape(f.Name))
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Send(data)
}

var errNoFile = problem.New(problem.NotFound, "problem.file_not_found")

// fileOf finds a file among the answers of the person, those that wait for approval
// included. Any other is not found.
func (s *Pages) fileOf(ctx context.Context, e event.Event, d delegate.Delegate, id string) (file.File, error) {
	set, err := s.app.Forms.Of(ctx, e.ID)
	if err != nil {
		return file.File{}, err
	}
	if !slices.Contains(set.Files(d.Answers, d.Wanted()), id) {
		return file.File{}, errNoFile
	}
	f, err := s.app.Files.Get(ctx, id)
	if err == nil && f.Event != e.ID {
		err = errNoFile
	}
	return f, err
}
