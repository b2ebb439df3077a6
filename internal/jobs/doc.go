// Package jobs is convene's cron: named jobs on a schedule, each tick run by
// one instance among all that share a store.
//
// A job has a record in the store. It tells the newest tick that was taken, who
// runs it, how long the lease lasts and a fencing number that grows with every
// run. An optimistic transaction takes a tick, so two instances never take the
// same one, however far their clocks are apart. While a job runs its lease is
// renewed; a holder that dies stops renewing, and another instance takes over.
//
// # Ticks
//
// A tick is a nominal instant of the schedule, in UTC. One run stands for every
// tick up to its own: when ticks were missed, or one was interrupted and the
// next has come since, a single run makes up for all of them.
//
//   - Missed (nothing was up): made up once, or dropped, by the job's rule.
//   - Overrun (the job still ran): skipped, and counted in the run's history.
//     A run that was asked for takes no tick away: what came meanwhile is run
//     when it is over.
//   - Interrupted (the holder died, or the program was stopped): recorded, and
//     run again if the job makes up for missed ticks.
//
// # Clocks
//
// Whether a lease has run out is not read from another instance's clock: it has
// when its record has not changed for the length of the lease on the clock of
// the one who looks. Only a lease that ended longer ago than clocks may differ
// is taken at once. Each clock may be two minutes off the true time.
package jobs
