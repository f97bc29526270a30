using TransformerXL.Cli;
using TransformerXL.Cli.Terminals;

Terminal terminal = SystemTerminal.Create();
using StopSignal stop = new(terminal);
return await new TxlApplication(terminal).RunAsync(args, stop.Token).ConfigureAwait(false);
