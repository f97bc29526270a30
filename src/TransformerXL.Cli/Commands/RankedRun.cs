using System.CommandLine;
using System.Globalization;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Terminals;
using TransformerXL.Tensors.Collectives;
using TransformerXL.Tensors.Mpi;
using TransformerXL.Training;

namespace TransformerXL.Cli.Commands;

/// <summary>Runs a command in the processes that <c>mpirun</c> has started, or in this one alone. Process 0 has the terminal.</summary>
internal sealed class RankedRun(Terminal terminal)
{
    /// <summary>What Open MPI tells each process that it starts.</summary>
    private const string SizeVariable = "OMPI_COMM_WORLD_SIZE";

    /// <summary>An error that all processes meet is told by the first; the others leave it this time.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Runs the command.</summary>
    /// <param name="definition">The command as it is defined, for the options in messages.</param>
    /// <param name="compress">Whether gradients are exchanged as bfloat16.</param>
    /// <param name="command">The command; its result is the exit code.</param>
    public async Task<int> RunAsync(Command definition, bool compress, Func<ICollective, Task<int>> command)
    {
        if (!int.TryParse(terminal.Variable(SizeVariable), CultureInfo.InvariantCulture, out int size) || size < 2)
        {
            return await command(new SingleProcess()).ConfigureAwait(false);
        }

        MpiCollective processes = new(compress);
        terminal.IsQuiet |= processes.Rank > 0;
        int code;
        try
        {
            code = await command(processes).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            if (processes.Rank > 0)
            {
                await Task.Delay(Patience).ConfigureAwait(false);
            }

            // The other processes wait for this one, so all have to end.
            terminal.Error.WriteLine($"txl: process {processes.Rank} of {processes.Size} on {Environment.MachineName}: {exception.Message}{OptionNames.Hint(exception, definition, definition)}");
            terminal.Error.Flush();
            processes.Abort(exception is TrainingDivergedException ? ExitCode.Diverged : exception is InputException or IOException or NotFiniteException ? ExitCode.BadInput : ExitCode.InternalError);
            throw;
        }

        processes.Dispose();
        return code;
    }
}
