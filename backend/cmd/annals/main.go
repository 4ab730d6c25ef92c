// Command annals is the whole product: the server with its portal, and the commands beside it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // people choose their zone, whatever the machine has

	"github.com/alecthomas/kong"

	"annals/backend/config"
	"annals/backend/fault"
)

// commandLine is every command. The settings stand on all of them, so that each works beside a
// running server.
type commandLine struct {
	config.Config

	Serve   serveCmd   `cmd:"" help:"Migrate, seal, and serve the portal and the API."`
	Migrate migrateCmd `cmd:"" help:"Bring the database to the newest version and exit."`
	Import  importCmd  `cmd:"" help:"Import an export file of one of the five systems."`
	User    struct {
		Create userCreateCmd `cmd:"" help:"Create a user, as the first administrator."`
		TOTP   userTOTPCmd   `cmd:"" name:"totp" help:"Set up TOTP for a user and print the secret."`
	} `cmd:"" help:"People."`
	APIKey struct {
		Create apiKeyCreateCmd `cmd:"" help:"Create an API key and print it, once."`
	} `cmd:"" name:"apikey" help:"API keys."`
	OpenAPI  openAPICmd  `cmd:"" name:"openapi" hidden:"" help:"Print the API's document."`
	Coverage coverageCmd `cmd:"" hidden:"" help:"Print how each documented event comes about."`
}

// Exit codes beside 0 and 1.
const exitRejected = 3 // some rows of an import were set aside

// exit ends the program with a code and nothing more to say.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

func main() { os.Exit(run()) }

func run() int {
	var cli commandLine
	parser := kong.Must(&cli, kong.Name("annals"), kong.Description("The audit log of businesses that sell through other businesses."),
		kong.Exit(func(code int) { os.Exit(min(code, 1)) }), // 1 is failure, whichever
		kong.ShortUsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	command, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err) // also what Config.Validate says, which kong calls
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: cli.Level()})))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(cli.Config); err != nil {
		return explain(err)
	}
	return 0
}

// explain says what went wrong: a fault's own sentence, or the whole error where it is none.
func explain(err error) int {
	if code, ok := errors.AsType[exit](err); ok {
		return int(code)
	}
	if errors.Is(err, context.Canceled) {
		return 1
	}
	message := err.Error()
	if f := fault.Of(err); f != nil {
		message = f.Detail
		slog.Debug("cause", "err", err)
	}
	fmt.Fprintln(os.Stderr, "annals:", message)
	return 1
}
