package push

// CheckPublic and ValidEndpoint are for tests.
var CheckPublic, ValidEndpoint = checkPublic, validEndpoint
