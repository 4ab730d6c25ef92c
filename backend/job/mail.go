package job

import (
	"context"
	"strings"

	"annals/backend/inventory"
	"annals/backend/mail"
)

// letters sends a mail to one person.
type letters struct{ mail *mail.Mailer }

func (l letters) do(ctx context.Context, w inventory.Work) (inventory.Attributes, error) {
	letter := mail.Letter{ID: w.ID.String(), To: w.With["to"], Subject: w.With["subject"], Text: strings.ReplaceAll(w.With["text"], "\n", "\r\n")}
	said := inventory.Attributes{"to": letter.To, "subject": letter.Subject}
	if err := l.mail.Send(ctx, letter); err != nil {
		return said, cause(err)
	}
	said["result"] = "sent to " + letter.To
	return said, nil
}
