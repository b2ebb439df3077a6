package delegate

import "time"

// longestSpan bounds a span of days that has one end only, in years.
const longestSpan = 10

// dayTerms are the terms of a day: its own, its month's and its year's, so that a
// long span is a few of them.
func dayTerms(day string) []string {
	if len(day) != len(time.DateOnly) {
		return nil
	}
	return []string{"day:" + day, "day:" + day[:len("2006-01")], "day:" + day[:len("2006")]}
}

// daysBetween are the fewest terms that every day from the one to the other, both
// included, has one of; an end that is empty or no day is left open.
func daysBetween(from, to string) []string {
	first, firstErr := time.Parse(time.DateOnly, from)
	last, lastErr := time.Parse(time.DateOnly, to)
	switch {
	case firstErr != nil && lastErr != nil:
		return []string{}
	case firstErr != nil:
		first = last.AddDate(-longestSpan, 0, 0)
	case lastErr != nil || last.After(first.AddDate(2*longestSpan, 0, 0)):
		last = first.AddDate(longestSpan, 0, 0)
	}
	terms := []string{}
	for day := first; !day.After(last); {
		year, month, next := day.AddDate(1, 0, 0), day.AddDate(0, 1, 0), day.AddDate(0, 0, 1)
		layout := time.DateOnly
		switch {
		case day.YearDay() == 1 && !year.AddDate(0, 0, -1).After(last):
			layout, next = "2006", year
		case day.Day() == 1 && !month.AddDate(0, 0, -1).After(last):
			layout, next = "2006-01", month
		}
		terms = append(terms, "day:"+day.Format(layout))
		day = next
	}
	return terms
}
