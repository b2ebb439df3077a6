package archtest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	yaml "go.yaml.in/yaml/v3"

	"convene/config"
)

// compose is what the rules read of docker-compose.yml. What it does not know
// is a fault too, so that a misspelt key cannot hide.
type compose struct {
	Name     string             `yaml:"name"`
	Services map[string]service `yaml:"services"`
	Networks map[string]network `yaml:"networks"`
	Volumes  map[string]any     `yaml:"volumes"`
	Secrets  map[string]struct {
		File string `yaml:"file"`
	} `yaml:"secrets"`
	Anchors map[string]any `yaml:",inline"`
}

type network struct {
	Internal bool `yaml:"internal"`
	IPAM     struct {
		Config []map[string]string `yaml:"config"`
	} `yaml:"ipam"`
}

type service struct {
	Build       string            `yaml:"build"`
	Image       string            `yaml:"image"`
	Command     []string          `yaml:"command"`
	User        string            `yaml:"user"`
	Restart     string            `yaml:"restart"`
	ReadOnly    bool              `yaml:"read_only"`
	CapDrop     []string          `yaml:"cap_drop"`
	CapAdd      []string          `yaml:"cap_add"`
	SecurityOpt []string          `yaml:"security_opt"`
	Environment map[string]string `yaml:"environment"`
	Secrets     []string          `yaml:"secrets"`
	Ports       []string          `yaml:"ports"`
	Volumes     []string          `yaml:"volumes"`
	Tmpfs       []string          `yaml:"tmpfs"`
	Networks    attached          `yaml:"networks"`
	DependsOn   map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
	StopGracePeriod string         `yaml:"stop_grace_period"`
	Healthcheck     *healthcheck   `yaml:"healthcheck"`
	Logging         map[string]any `yaml:"logging"`
}

type healthcheck struct {
	Test          []string `yaml:"test"`
	Interval      string   `yaml:"interval"`
	Timeout       string   `yaml:"timeout"`
	StartPeriod   string   `yaml:"start_period"`
	StartInterval string   `yaml:"start_interval"`
	Retries       int      `yaml:"retries"`
}

// attached is a list of networks, or a map with a service's address in each.
type attached map[string]struct {
	Address string `yaml:"ipv4_address"`
}

// UnmarshalYAML reads either form.
func (a *attached) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.SequenceNode {
		type plain attached
		return node.Decode((*plain)(a))
	}
	var names []string
	if err := node.Decode(&names); err != nil {
		return err
	}
	*a = attached{}
	for _, name := range names {
		(*a)[name] = struct {
			Address string `yaml:"ipv4_address"`
		}{}
	}
	return nil
}

func TestCompose(t *testing.T) {
	t.Parallel()
	c, err := parseCompose(read(t, "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	report(t, c.faults())
	report(t, c.unreachable(read(t, "config/deploy/Caddyfile")))
	for name, s := range c.Services {
		for _, volume := range s.Volumes {
			source, _, _ := strings.Cut(volume, ":")
			if _, err := os.Stat(filepath.Join(root, source)); strings.HasPrefix(source, ".") && err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func parseCompose(content string) (c compose, err error) {
	decoder := yaml.NewDecoder(strings.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(&c); err != nil {
		return c, err
	}
	for name := range c.Anchors {
		if !strings.HasPrefix(name, "x-") {
			return c, fmt.Errorf("the key %s is not known", name)
		}
	}
	return c, nil
}

func (c compose) faults() (faults []string) {
	for _, name := range slices.Sorted(maps.Keys(c.Services)) {
		s := c.Services[name]
		for _, check := range []func(service) []string{c.names, unsafe, unpinned, c.exposed, settings} {
			for _, fault := range check(s) {
				faults = append(faults, name+": "+fault)
			}
		}
	}
	return append(faults, c.distrusted()...)
}

// names finds networks, volumes, secrets and services that are not declared.
func (c compose) names(s service) (faults []string) {
	lack := func(kind, name string, there bool) {
		if !there {
			faults = append(faults, fmt.Sprintf("there is no %s %s", kind, name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Networks)) {
		_, ok := c.Networks[name]
		lack("network", name, ok)
	}
	for _, name := range s.Secrets {
		lack("secret", name, c.Secrets[name].File != "")
	}
	for _, volume := range s.Volumes {
		name, _, _ := strings.Cut(volume, ":")
		_, ok := c.Volumes[name]
		lack("volume", name, ok || strings.HasPrefix(name, "./"))
	}
	for _, name := range slices.Sorted(maps.Keys(s.DependsOn)) {
		other, ok := c.Services[name]
		lack("service", name, ok)
		if ok && s.DependsOn[name].Condition == "service_healthy" {
			lack("health check of", name, other.Healthcheck != nil)
		}
	}
	return faults
}

// unsafe finds services that may do more than they need.
func unsafe(s service) (faults []string) {
	for _, rule := range []struct {
		ok    bool
		fault string
	}{
		{s.ReadOnly, "its file system can be written to"},
		{slices.Contains(s.SecurityOpt, "no-new-privileges:true"), "it may gain privileges"},
		{slices.Contains(s.CapDrop, "ALL"), "it keeps capabilities"},
		{s.Restart == "unless-stopped", "it does not come back by itself"},
		{s.Healthcheck != nil && len(s.Healthcheck.Test) > 1, "nobody asks for its health"},
	} {
		if !rule.ok {
			faults = append(faults, rule.fault)
		}
	}
	return faults
}

var pinned = regexp.MustCompile(`:v?\d+(\.\d+){1,2}(-[\w.]+)?(@sha256:[0-9a-f]{64})?$`)

// unpinned finds images that may be another tomorrow.
func unpinned(s service) []string {
	if s.Build != "" || pinned.MatchString(s.Image) {
		return nil
	}
	return []string{fmt.Sprintf("the image %q is of no exact version", s.Image)}
}

// exposed finds databases that others than convene can reach, and ports that
// are open to everybody without having been asked for.
func (c compose) exposed(s service) (faults []string) {
	database := strings.HasPrefix(s.Image, "mongo")
	if database && len(s.Ports) > 0 {
		faults = append(faults, fmt.Sprintf("the database is published at %v", s.Ports))
	}
	for name := range s.Networks {
		if database && !c.Networks[name].Internal {
			faults = append(faults, fmt.Sprintf("the database is on %s, which is not internal", name))
		}
	}
	for _, port := range s.Ports {
		if !strings.HasPrefix(interpolated(port), "127.0.0.1:") {
			faults = append(faults, fmt.Sprintf("port %s is open to everybody by default", port))
		}
	}
	return faults
}

// settings finds variables that convene does not know, and values that it
// refuses.
func settings(s service) []string {
	var environ, faults []string
	for _, name := range slices.Sorted(maps.Keys(s.Environment)) {
		switch value := interpolated(s.Environment[name]); {
		case !strings.HasPrefix(name, "CONVENE_"):
		case !knownVariable(name):
			faults = append(faults, name+" is no option")
		case strings.HasSuffix(name, "_FILE"):
			secret, ok := strings.CutPrefix(value, "/run/secrets/")
			if !ok || !slices.Contains(s.Secrets, secret) {
				faults = append(faults, fmt.Sprintf("%s names %s, which the service is not given", name, value))
			}
			environ = append(environ, strings.TrimSuffix(name, "_FILE")+"="+strings.Repeat("s", 44))
		case secretVariable(name):
			faults = append(faults, name+" is a secret in the open")
		default:
			environ = append(environ, name+"="+value)
		}
	}
	if len(environ) == 0 {
		return faults
	}
	cfg, err := config.Load(config.LoadOptions{File: os.DevNull, Environ: environ})
	if err == nil {
		err = cfg.CheckServe()
	}
	if err != nil {
		faults = append(faults, err.Error())
	}
	return faults
}

var variable = regexp.MustCompile(`\$\{\w+:-([^}]*)\}`)

// interpolated fills in the defaults of variables.
func interpolated(text string) string { return variable.ReplaceAllString(text, "$1") }

func knownVariable(name string) bool {
	return slices.ContainsFunc(config.Options(), func(o config.Option) bool { return name == o.Env || name == o.Env+"_FILE" })
}

func secretVariable(name string) bool {
	return slices.ContainsFunc(config.Options(), func(o config.Option) bool { return o.Secret && name == o.Env })
}

// distrusted finds instances that do not believe the proxy, or believe others.
func (c compose) distrusted() (faults []string) {
	var proxy string
	for _, at := range c.Services["proxy"].Networks {
		proxy = at.Address
	}
	for _, name := range slices.Sorted(maps.Keys(c.Services)) {
		if c.Services[name].Build == "" {
			continue
		}
		if trusted := c.Services[name].Environment["CONVENE_PROXY_TRUSTED"]; trusted != proxy || proxy == "" {
			faults = append(faults, fmt.Sprintf("%s: it believes %q, and the proxy is at %q", name, trusted, proxy))
		}
	}
	return faults
}

// unreachable finds instances that the proxy does not send visitors to.
func (c compose) unreachable(caddyfile string) (faults []string) {
	for _, name := range slices.Sorted(maps.Keys(c.Services)) {
		if c.Services[name].Build != "" && !strings.Contains(caddyfile, " "+name+":8080") {
			faults = append(faults, fmt.Sprintf("%s: the proxy does not know it", name))
		}
	}
	return faults
}

func TestComposeIsRefused(t *testing.T) {
	t.Parallel()
	good := read(t, "docker-compose.yml")
	for _, test := range []struct {
		name, old, new string
		want           []string
	}{
		{"as it is", "", "", nil},
		{"a variable", "CONVENE_LANGUAGES:", "CONVENE_LANGUAGE:", []string{"convene-1: CONVENE_LANGUAGE is no option", "convene-2"}},
		{"a value", "CONVENE_SMTP_TLS: none", "CONVENE_SMTP_TLS: maybe", []string{"convene-1: ", "convene-2: "}},
		{"what serving needs", "CONVENE_SMTP_FROM: Conference desk <desk@example.org>", "CONVENE_LOG_LEVEL: info", []string{"smtp.from", "smtp.from"}},
		{"a secret in the open", "CONVENE_SECRET_FILE: /run/secrets/convene_secret", "CONVENE_SECRET: abc",
			[]string{"in the open", "secret is not set", "in the open", "secret is not set"}},
		{"a secret not given", "/run/secrets/convene_secret", "/run/secrets/other", []string{"not given", "not given"}},
		{"a network", "networks: [front, storage, mail]", "networks: [front, store, mail]", []string{"no network store", "no network store"}},
		{"a volume", "- database:/data/db", "- databases:/data/db", []string{"mongo: there is no volume databases"}},
		{"a version", "image: mongo:8.0.13", "image: mongo:latest", []string{"mongo: the image"}},
		{"a major version", "image: caddy:2.10.2-alpine", "image: caddy:2", []string{"proxy: the image"}},
		{"an open database", "    networks: [storage]\n", "    networks: [storage]\n    ports: [\"127.0.0.1:27017:27017\"]\n", []string{"mongo: the database is published"}},
		{"a database for all", "internal: true", "internal: false", []string{"mongo: the database is on storage"}},
		{"a port for all", "127.0.0.1:8025:8025", "8025:8025", []string{"mail: port"}},
		{"a proxy elsewhere", "ipv4_address: 172.28.84.2", "ipv4_address: 172.28.84.3", []string{"convene-1: it believes", "convene-2: it believes"}},
		{"privileges", `security_opt: ["no-new-privileges:true"]`, "security_opt: []",
			[]string{"convene-1: it may", "convene-2: it may", "mail: it may", "mongo: it may", "proxy: it may"}},
		{"no health", "mongo: {condition: service_healthy}", "post: {condition: service_healthy}", []string{"no service post", "no service post"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := parseCompose(strings.ReplaceAll(good, test.old, test.new))
			if test.old == "" {
				c, err = parseCompose(good)
			}
			if err != nil {
				t.Fatal(err)
			}
			expect(t, c.faults(), test.want)
		})
	}
	for _, broken := range []string{"  convene-1: {imag: x}\n", "  convene-1: {environment: {A: [1]}}\n"} {
		if _, err := parseCompose("services:\n" + broken); err == nil {
			t.Errorf("%q is taken", broken)
		}
	}
	if _, err := parseCompose("services: {}\nservice: {}\n"); err == nil {
		t.Error("a key that is not known is taken")
	}
	c, _ := parseCompose(good)
	expect(t, c.unreachable("reverse_proxy convene-1:8080"), []string{"convene-2"})
}
