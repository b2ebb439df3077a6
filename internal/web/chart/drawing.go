package chart

import "html/template"

var drawings = template.Must(template.New("").Parse(`
{{- define "bars" -}}
<figure class="chart">
  <figcaption>{{.Caption}}{{with .Note}} <small>{{.}}</small>{{end}}</figcaption>
  <svg width="100%" height="{{.Height}}" role="img" aria-labelledby="{{.ID}}-title">
    <title id="{{.ID}}-title">{{.Title}}</title>
    {{- range .Bars}}
    <text class="label" x="0" y="{{.LabelY}}">{{.Label}}</text>{{if .Drawn}}<rect class="bar" x="0" y="{{.BarY}}" width="{{.Width}}" height="{{.Height}}"/>{{end}}<text class="value" x="{{.Width}}" dx="{{if .Drawn}}8{{else}}0{{end}}" y="{{.ValueY}}">{{.Value}}</text>
    {{- end}}
  </svg>
  {{template "table" .}}
</figure>
{{- end}}

{{- define "columns" -}}
<figure class="chart">
  <figcaption>{{.Caption}}{{with .Note}} <small>{{.}}</small>{{end}}</figcaption>
  <svg width="100%" height="{{.Height}}" role="img" aria-labelledby="{{.ID}}-title">
    <title id="{{.ID}}-title">{{.Title}}</title>
    {{- range .Grid}}
    <line class="grid" x1="{{$.Left}}" y1="{{.Y}}" x2="100%" y2="{{.Y}}"/><text class="tick" x="0" y="{{.TextY}}">{{.Label}}</text>
    {{- end}}
    {{- range .Columns}}
    {{- if .OtherHeight}}
    <rect class="bar two" x="{{.OtherX}}" y="{{.OtherY}}" width="{{.OtherWidth}}" height="{{.OtherHeight}}"/>
    {{- end}}
    {{- if .Height}}
    <rect class="bar" x="{{.X}}" y="{{.Y}}" width="{{.Width}}" height="{{.Height}}"/>
    {{- end}}
    {{- if .Tick}}<text class="tick" x="{{.Middle}}" y="{{$.TickY}}" text-anchor="middle">{{.Tick}}</text>{{end}}
    {{- end}}
    <line class="axis" x1="{{.Left}}" y1="{{.Bottom}}" x2="100%" y2="{{.Bottom}}"/>
  </svg>
  {{- with .Beside}}
  <p class="legend"><span><svg width="16" height="12" aria-hidden="true"><rect class="bar" width="16" height="12"/></svg> {{.This}}</span> <span><svg width="16" height="12" aria-hidden="true"><rect class="bar two" x="1" y="1" width="14" height="10"/></svg> {{.Other}}</span></p>
  {{- end}}
  {{template "table" .}}
</figure>
{{- end}}

{{- define "table" -}}
<details class="fold">
    <summary>{{.Fold}}</summary>
    <table class="table"><thead><tr><th scope="col">{{index .Heads 0}}</th><th scope="col" class="num">{{with .Beside}}{{.This}}{{else}}{{index .Heads 1}}{{end}}</th>{{with .Beside}}<th scope="col" class="num">{{.Other}}</th>{{end}}</tr></thead>
    <tbody>
    {{- range .Table}}
    <tr><th scope="row">{{if .Href}}<a href="{{.Href}}">{{.Label}}</a>{{else}}{{.Label}}{{end}}</th><td class="num">{{.Value}}</td>{{with .Other}}<td class="num">{{.}}</td>{{end}}</tr>
    {{- end}}
    </tbody></table>
  </details>
{{- end}}
`))
