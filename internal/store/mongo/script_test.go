package mongo_test

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
	"go.mongodb.org/mongo-driver/x/mongo/driver/wiremessage"
)

// script is a server that answers as a test tells it to. It shows what the
// engine asks of a replica set, and what it makes of the answers; that real
// transactions then keep their promises only a real one can show.
type script struct {
	hello  bson.D
	answer func(name string, command bson.Raw) bson.D // nil: done is the answer

	mu       sync.Mutex
	commands []bson.Raw // all but greetings
}

var (
	done       = bson.D{{Key: "ok", Value: 1}, {Key: "n", Value: 1}, {Key: "nModified", Value: 1}}
	replicaSet = bson.D{
		{Key: "ok", Value: 1}, {Key: "isWritablePrimary", Value: true}, {Key: "setName", Value: "rs0"},
		{Key: "minWireVersion", Value: 0}, {Key: "maxWireVersion", Value: 21}, {Key: "logicalSessionTimeoutMinutes", Value: 30},
		{Key: "maxBsonObjectSize", Value: 16 << 20}, {Key: "maxMessageSizeBytes", Value: 48 << 20}, {Key: "maxWriteBatchSize", Value: 100000},
	}
)

// start listens, and returns the URI.
func (s *script) start(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	return "mongodb://" + listener.Addr().String() + "/test?directConnection=true"
}

func (s *script) serve(conn net.Conn) {
	defer conn.Close()
	for {
		size := make([]byte, 4)
		if _, err := io.ReadFull(conn, size); err != nil {
			return
		}
		message := make([]byte, binary.LittleEndian.Uint32(size))
		copy(message, size)
		if _, err := io.ReadFull(conn, message[4:]); err != nil {
			return
		}
		if _, err := conn.Write(s.respond(message)); err != nil {
			return
		}
	}
}

// opQuery is the message that drivers still greet with, to be understood by old
// servers.
const opQuery wiremessage.OpCode = 2004

// respond answers one message: greetings come as OP_QUERY first, commands as
// OP_MSG.
func (s *script) respond(message []byte) []byte {
	_, id, _, opcode, rest, _ := wiremessage.ReadHeader(message)
	if opcode == opQuery {
		start, reply := wiremessage.AppendHeaderStart(nil, 0, id, wiremessage.OpReply)
		reply = wiremessage.AppendReplyFlags(reply, 0)
		reply = wiremessage.AppendReplyCursorID(reply, 0)
		reply = wiremessage.AppendReplyStartingFrom(reply, 0)
		reply = wiremessage.AppendReplyNumberReturned(reply, 1)
		reply = append(reply, document(s.hello)...)
		return bsoncore.UpdateLength(reply, start, int32(len(reply)))
	}
	_, rest, _ = wiremessage.ReadMsgFlags(rest)
	_, rest, _ = wiremessage.ReadMsgSectionType(rest)
	command, _, _ := wiremessage.ReadMsgSectionSingleDocument(rest)

	start, reply := wiremessage.AppendHeaderStart(nil, 0, id, wiremessage.OpMsg)
	reply = wiremessage.AppendMsgFlags(reply, 0)
	reply = wiremessage.AppendMsgSectionType(reply, wiremessage.SingleDocument)
	reply = append(reply, document(s.reply(bson.Raw(command)))...)
	return bsoncore.UpdateLength(reply, start, int32(len(reply)))
}

func (s *script) reply(command bson.Raw) bson.D {
	switch name := commandName(command); name {
	case "hello", "isMaster", "ismaster":
		return s.hello
	case "endSessions":
		return done
	default:
		s.mu.Lock()
		s.commands = append(s.commands, command)
		s.mu.Unlock()
		if s.answer != nil {
			if reply := s.answer(name, command); reply != nil {
				return reply
			}
		}
		return done
	}
}

func commandName(command bson.Raw) string {
	first, err := command.IndexErr(0)
	if err != nil {
		return ""
	}
	return first.Key()
}

func document(d bson.D) []byte {
	b, err := bson.Marshal(d)
	if err != nil {
		panic(err)
	}
	return b
}

// names lists the commands that came, and forgets them.
func (s *script) names() []string {
	var names []string
	for _, command := range s.take() {
		names = append(names, commandName(command))
	}
	return names
}

func (s *script) take() []bson.Raw {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.commands
	s.commands = nil
	return list
}
