package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"

	"convene/internal/account"
	"convene/internal/app"
	"convene/internal/problem"
)

type userCmd struct {
	Add userAddCmd `cmd:"" help:"Add somebody who signs in to the desk or the door."`
}

type userAddCmd struct {
	Email         string       `arg:"" help:"The e-mail address to sign in with."`
	Name          string       `help:"The person's name, as the audit trail shall say it." required:"" placeholder:"NAME"`
	Role          account.Role `help:"What the person may do: administrator, organiser or door." enum:"administrator,organiser,door" default:"organiser"`
	PasswordStdin bool         `help:"Read the password from standard input instead of making one."`
}

// Run adds the account and prints its password when it made one.
func (u *userAddCmd) Run(p *program) error {
	password, made := rand.Text(), true
	if u.PasswordStdin {
		line, err := bufio.NewReader(os.Stdin).ReadString('\n')
		if err != nil && line == "" {
			return fmt.Errorf("reading the password: %w", err)
		}
		password, made = strings.TrimRight(line, "\r\n"), false
	}
	return withApp(p, func(a *app.App) error {
		member, err := a.Accounts.Add(p.ctx, u.Name, u.Email, u.Role, password)
		var told *problem.Error
		if errors.As(err, &told) && told.Kind == problem.Invalid {
			return faults(a, told)
		}
		if err != nil {
			return err
		}
		p.say("Added %s as %s.", member.Email, member.Role)
		if made {
			p.say("Password: %s", password)
		}
		return nil
	})
}

// faults tells what is wrong with the fields, in English as all of the command
// line.
func faults(a *app.App, err *problem.Error) error {
	var errs []error
	for _, f := range err.Fields {
		errs = append(errs, fmt.Errorf("%s: %s", f.Name, a.Catalogue.For("en").T(f.Key, f.Args...)))
	}
	return errors.Join(errs...)
}
