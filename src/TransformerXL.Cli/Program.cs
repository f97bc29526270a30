using TransformerXL.Cli;
using TransformerXL.Cli.Commands;
using TransformerXL.Cli.Terminals;

// Signals first: a terminal takes its time.
using StopSignal stop = new(RankedRun.IsOneOfSeveral(Environment.GetEnvironmentVariable(RankedRun.SizeVariable)));
Terminal terminal = SystemTerminal.Create();
stop.Attach(terminal);
return await new TxlApplication(terminal).RunAsync(args, stop.Token).ConfigureAwait(false);
