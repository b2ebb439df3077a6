package intake

import (
	"path"
	"strings"

	"convene/internal/person"
)

// maxName is the longest name of a file that is shown, in characters.
const maxName = 100

// cleanName takes the name out of what a browser sends, which may hold folders.
func cleanName(name string) string {
	signs := []rune(person.Tidy(path.Base(strings.ReplaceAll(name, `\`, "/"))))
	return string(signs[:min(len(signs), maxName)])
}
