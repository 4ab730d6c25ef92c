package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/auth"
	"annals/backend/config"
	"annals/backend/db"
	"annals/backend/inventory"
	"annals/backend/tenant"
	"annals/backend/user"
)

// maxPassword bounds what is read from standard input.
const maxPassword = 4096

type userCreateCmd struct {
	Email         string      `required:"" help:"E-mail address, with which the user signs in."`
	Name          string      `help:"Name; the part of the address before @ if not given."`
	Role          access.Role `required:"" enum:"admin,auditor,user" help:"admin, auditor or user."`
	Tenant        string      `required:"" help:"Path of the organization, as / or /Northwind Telecom."`
	PasswordStdin bool        `help:"Read the password from standard input instead of asking for it."`
}

// Run creates the user and records who did.
func (c userCreateCmd) Run(ctx context.Context, cfg config.Config) error {
	password, err := readPassword(c.PasswordStdin)
	if err != nil {
		return err
	}
	if c.Name == "" {
		c.Name, _, _ = strings.Cut(c.Email, "@")
	}
	return within(ctx, cfg, func(h *house) error {
		root, err := h.root(ctx)
		if err != nil {
			return err
		}
		t, err := h.at(ctx, c.Tenant)
		if err != nil {
			return err
		}
		err = h.db.Write(ctx, tenant.Of(root).Wall(), func(tx *db.Tx) error {
			e := inventory.Editor{Log: h.log, Scope: tenant.Of(root), Origin: audit.System("annals user create")}
			u, err := e.CreateUser(tx, t.ID, user.User{Email: c.Email, Name: c.Name, Role: c.Role, State: user.Active}, "")
			if err != nil {
				return err
			}
			if err := tx.As(db.Auth); err != nil {
				return err
			}
			return h.auth.CreateCredentials(tx, u.User, password)
		})
		if err == nil {
			fmt.Printf("%s can sign in as %s of %s.\n", c.Email, c.Role, t.Name)
		}
		return err
	})
}

func readPassword(stdin bool) (string, error) {
	if !stdin {
		if !term.IsTerminal(int(os.Stdin.Fd())) {
			return "", errors.New("give the password on standard input with --password-stdin")
		}
		fmt.Fprint(os.Stderr, "Password: ")
		b, err := term.ReadPassword(int(os.Stdin.Fd()))
		fmt.Fprintln(os.Stderr)
		return string(b), err
	}
	line, err := bufio.NewReader(io.LimitReader(os.Stdin, maxPassword)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

type userTOTPCmd struct {
	Email string `required:"" help:"E-mail address of the user."`
}

// Run sets up TOTP, in place of one that was set up before.
func (c userTOTPCmd) Run(ctx context.Context, cfg config.Config) error {
	return within(ctx, cfg, func(h *house) error {
		e, codes, err := h.auth.EnrolMFA(ctx, audit.System("annals user totp"), c.Email)
		if err != nil {
			return err
		}
		fmt.Printf("secret          %s\notpauth         %s\nrecovery codes  %s\n", e.Secret, e.URL, strings.Join(codes, " "))
		return nil
	})
}

type apiKeyCreateCmd struct {
	Tenant string   `required:"" help:"Path of the organization whose part of the log the key may touch."`
	Name   string   `required:"" help:"What it is for."`
	Scope  []string `default:"read" enum:"ingest,read" help:"ingest, read or both."`
}

// Run prints the key, which is stored as a hash only.
func (c apiKeyCreateCmd) Run(ctx context.Context, cfg config.Config) error {
	return within(ctx, cfg, func(h *house) error {
		root, err := h.root(ctx)
		if err != nil {
			return err
		}
		t, err := h.at(ctx, c.Tenant)
		if err != nil {
			return err
		}
		_, key, err := h.auth.CreateAPIKey(ctx, auth.Operator(root, "annals apikey create"), t.ID, c.Name, c.Scope)
		if err == nil {
			fmt.Println(key)
		}
		return err
	})
}
