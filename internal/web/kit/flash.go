package kit

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// NoticeKind says how a notice looks.
type NoticeKind string

// The kinds of notice.
const (
	Note NoticeKind = ""
	Good NoticeKind = "good"
	Wait NoticeKind = "wait"
	Bad  NoticeKind = "bad"
)

// Notice is what happened, and what to do. The partial "notice" shows it.
type Notice struct {
	Kind NoticeKind
	Text string
}

// Icon names the notice's icon.
func (n Notice) Icon() string {
	switch n.Kind {
	case Good:
		return "check"
	case Wait:
		return "warning"
	case Bad:
		return "stop"
	}
	return "info"
}

const (
	flashCookie = "convene_flash"
	flashLife   = 2 * time.Minute
)

// flash travels by a signed cookie, as key and arguments, and becomes text in
// the language of the page that shows it.
type flash struct {
	Kind  NoticeKind `json:"k,omitempty"`
	Key   string     `json:"m"`
	Args  []string   `json:"a,omitempty"`
	Until int64      `json:"t"`
}

// Flash has the next page show the message once, after a redirect. Arguments
// are names and values in turn, as with T.
func Flash(c *fiber.Ctx, kind NoticeKind, key string, args ...any) {
	k := of(c).kit
	f := flash{Kind: kind, Key: key, Until: k.clock().Add(flashLife).Unix()}
	for _, a := range args {
		f.Args = append(f.Args, fmt.Sprint(a))
	}
	content, err := json.Marshal(f)
	if err != nil {
		return // strings and a number always can be
	}
	k.setCookie(c, flashCookie, k.seal(content), flashLife)
}

func (k *Kit) takeFlash(c *fiber.Ctx) *Notice {
	sealed := k.cookie(c, flashCookie)
	if sealed == "" {
		return nil
	}
	k.setCookie(c, flashCookie, "", 0)
	content, ok := k.unseal(sealed)
	if !ok {
		return nil
	}
	var f flash
	if json.Unmarshal(content, &f) != nil || k.clock().Unix() > f.Until {
		return nil
	}
	args := make([]any, len(f.Args))
	for i, a := range f.Args {
		args[i] = a
	}
	return &Notice{Kind: f.Kind, Text: Printer(c).T(f.Key, args...)}
}

func (k *Kit) seal(content []byte) string {
	text := base64.RawURLEncoding.EncodeToString(content)
	return text + "." + base64.RawURLEncoding.EncodeToString(sign(k.keys.flash, text))
}

func (k *Kit) unseal(sealed string) ([]byte, bool) {
	text, signature, _ := strings.Cut(sealed, ".")
	mac, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !hmac.Equal(mac, sign(k.keys.flash, text)) {
		return nil, false
	}
	content, err := base64.RawURLEncoding.DecodeString(text)
	return content, err == nil
}
