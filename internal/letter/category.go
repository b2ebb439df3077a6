package letter

import "strings"

// ForCategory is the occasion under which an event keeps the text, and the files, of
// letters of the occasion to delegates of one category; the occasion itself when that
// is empty. Where a category has no text, its letters have the one for everybody.
func ForCategory(occasion, category string) string {
	if category == "" {
		return occasion
	}
	return occasion + "@" + category
}

// OfCategory takes apart what ForCategory puts together.
func OfCategory(code string) (occasion, category string) {
	occasion, category, _ = strings.Cut(code, "@")
	return occasion, category
}

// category is that of the letter's reader. A test is written as to somebody of one,
// also when nobody is registered in it yet.
func (w *writer) category() string {
	if category := w.letter.Data["category"]; category != "" {
		return category
	}
	return w.delegate.Category
}
