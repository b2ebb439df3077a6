package push

import (
	"context"
	"net/url"
	"time"

	"convene/internal/personal"
	"convene/internal/store"
)

// Personal is what is kept of a person's browsers.
func (s *Service) Personal() personal.Part {
	return personal.Part{
		Name: "browsers", Holds: []string{subscriptions.Schema().Name, tasks.Schema().Name}, Export: export, Erase: erase,
	}
}

// exported tells of a browser. Its address at the service and its keys would let
// whoever reads the file write to it.
type exported struct {
	Service string    `json:"service"`
	Since   time.Time `json:"since"`
}

func export(ctx context.Context, r store.Reader, p personal.Person) (any, error) {
	var list []exported
	for sub, err := range subscriptions.All(ctx, r, store.By("person", p.ID)) {
		if err != nil {
			return nil, err
		}
		service, err := url.Parse(sub.Endpoint)
		if err != nil {
			return nil, err
		}
		list = append(list, exported{service.Host, sub.Since})
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list, nil
}

func erase(ctx context.Context, tx *store.Tx, p personal.Person) (more bool, err error) {
	for sub, err := range subscriptions.All(ctx, tx, store.By("person", p.ID)) { // mostBrowsers at most
		if err != nil {
			return false, err
		}
		for t, err := range tasks.All(ctx, tx, store.Query{}.StartingWith(sub.ID+"/")) {
			if err != nil {
				return false, err
			}
			if err := tasks.Delete(ctx, tx, t.ID); err != nil {
				return false, err
			}
		}
		if err := subscriptions.Delete(ctx, tx, sub.ID); err != nil {
			return false, err
		}
	}
	return false, nil
}
