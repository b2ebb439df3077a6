package letter

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"convene/internal/problem"
)

// buttonStyle makes a link that stands alone in its paragraph a button. Mail
// programs ignore style sheets, so it stands on the element.
const buttonStyle = "display:inline-block;padding:12px 22px;border-radius:3px;text-decoration:none;font-weight:600;"

// imageStyle keeps a picture within a phone's screen.
const imageStyle = "display:block;max-width:100%;height:auto"

var markdown = goldmark.New()

// render turns a letter's Markdown into HTML and plain text. Both come from the
// same tree, so neither can say what the other does not. Buttons are in ink on the
// accent.
func render(source, ink, accent string) (html, plain string, err error) {
	src := []byte(source)
	tree := markdown.Parser().Parse(text.NewReader(src))
	style(tree, ink, accent)
	var b bytes.Buffer
	if err := markdown.Renderer().Render(&b, src, tree); err != nil {
		return "", "", err
	}
	return b.String(), plainText(tree, src), nil
}

// each calls the function for every node of the tree, parents first.
func each(tree ast.Node, fn func(ast.Node)) {
	_ = ast.Walk(tree, func(node ast.Node, entering bool) (ast.WalkStatus, error) { // fails only as this does: never
		if entering {
			fn(node)
		}
		return ast.WalkContinue, nil
	})
}

// style makes buttons of links that stand alone, keeps pictures small, and drops
// those that letters do not bring along.
func style(tree ast.Node, ink, accent string) {
	var foreign []ast.Node
	each(tree, func(node ast.Node) {
		if link := loneLink(node); link != nil {
			link.SetAttributeString("style", []byte(buttonStyle+"color:"+ink+";background:"+accent))
		}
		if picture, ok := node.(*ast.Image); ok {
			picture.SetAttributeString("style", []byte(imageStyle))
			if !bytes.HasPrefix(picture.Destination, []byte("cid:")) {
				foreign = append(foreign, picture)
			}
		}
	})
	for _, picture := range foreign {
		picture.Parent().RemoveChild(picture.Parent(), picture)
	}
}

// checkMarkdown refuses what a letter would lose, and pictures that would tell
// their server who reads it: the only ones are those that letters bring along.
func checkMarkdown(form *problem.Form, source string) {
	tree := markdown.Parser().Parse(text.NewReader([]byte(source)))
	each(tree, func(node ast.Node) {
		picture, isPicture := node.(*ast.Image)
		switch {
		case form.Has("body"): // one fault at a time
		case node.Kind() == ast.KindRawHTML || node.Kind() == ast.KindHTMLBlock:
			form.Add("body", "problem.text_html")
		case isPicture && string(picture.Destination) != "{{.BadgeImage}}":
			form.Add("body", "problem.text_image")
		}
	})
}

// loneLink returns the link that is all a paragraph holds.
func loneLink(node ast.Node) *ast.Link {
	if node.Kind() != ast.KindParagraph || node.ChildCount() != 1 {
		return nil
	}
	link, _ := node.FirstChild().(*ast.Link)
	return link
}

// plainText writes the tree as people write plain letters: paragraphs apart,
// dashes before list items, a link's address behind its words.
func plainText(tree ast.Node, src []byte) string {
	var blocks []string
	for node := tree.FirstChild(); node != nil; node = node.NextSibling() {
		if s := strings.TrimSpace(plainBlock(node, src)); s != "" {
			blocks = append(blocks, s)
		}
	}
	return strings.Join(blocks, "\n\n") + "\n"
}

func plainBlock(node ast.Node, src []byte) string {
	switch n := node.(type) {
	case *ast.List:
		return plainList(n, src)
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		return string(n.Lines().Value(src))
	case *ast.ThematicBreak:
		return "* * *"
	}
	if link := loneLink(node); link != nil {
		return plainInline(link, src) + "\n" + string(link.Destination)
	}
	return plainInline(node, src)
}

func plainList(list *ast.List, src []byte) string {
	var items []string
	for item := list.FirstChild(); item != nil; item = item.NextSibling() {
		mark := "- "
		if list.IsOrdered() {
			mark = strconv.Itoa(list.Start+len(items)) + ". "
		}
		items = append(items, mark+strings.TrimSpace(plainInline(item, src)))
	}
	return strings.Join(items, "\n")
}

func plainInline(node ast.Node, src []byte) string {
	var b strings.Builder
	for child := node.FirstChild(); child != nil; child = child.NextSibling() {
		if child.Type() == ast.TypeBlock && b.Len() > 0 {
			b.WriteByte('\n')
		}
		switch n := child.(type) {
		case *ast.Text:
			b.Write(unescape(n.Segment.Value(src)))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte('\n')
			}
		case *ast.AutoLink:
			b.Write(n.URL(src))
		case *ast.Link:
			b.WriteString(plainInline(n, src) + " (" + string(n.Destination) + ")")
		case *ast.Image: // the code is on the delegate's page, which the letter links
		default:
			b.WriteString(plainInline(n, src))
		}
	}
	return b.String()
}

// unescape removes the backslashes that escape put before punctuation.
func unescape(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) && isPunctuation(b[i+1]) {
			i++
		}
		out = append(out, b[i])
	}
	return out
}

// escape makes a value mean itself within Markdown: what somebody typed becomes
// neither markup nor a link.
func escape(value string) string {
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\n' || c == '\r' || c == '\t':
			b.WriteByte(' ')
		case isPunctuation(c):
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isPunctuation(c byte) bool {
	return strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", c) >= 0
}
