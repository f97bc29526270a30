using System.CommandLine;
using System.Globalization;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Terminals;
using TransformerXL.Tensors.Collectives;
using TransformerXL.Tensors.Mpi;

namespace TransformerXL.Cli.Commands;

/// <summary>Runs a command in the processes that <c>mpirun</c> has started, or in this process alone. Process 0 has the terminal.</summary>
internal sealed class RankedRun(Terminal terminal)
{
    /// <summary>Environment variables that Open MPI sets in each process that it starts: the number of processes, and of those on the same machine.</summary>
    public const string SizeVariable = "OMPI_COMM_WORLD_SIZE";

    private const string LocalSizeVariable = "OMPI_COMM_WORLD_LOCAL_SIZE";

    /// <summary>The time that other processes wait before they report an error, so that process 0 reports an error of all processes once.</summary>
    private static readonly TimeSpan ReportDelay = TimeSpan.FromSeconds(3);

    /// <summary>The number of processes on this machine that run the command together.</summary>
    public static int ProcessesHere(Terminal terminal) => Count(terminal, LocalSizeVariable);

    /// <summary>The number of processes on all machines that run the command together.</summary>
    public static int Processes(Terminal terminal) => Count(terminal, SizeVariable);

    private static int Count(Terminal terminal, string variable) =>
        int.TryParse(terminal.Variable(variable), CultureInfo.InvariantCulture, out int processes) ? Math.Max(1, processes) : 1;

    /// <summary>Whether mpirun has started several processes, by the value of <see cref="SizeVariable"/>.</summary>
    public static bool IsOneOfSeveral(string? size) => int.TryParse(size, CultureInfo.InvariantCulture, out int processes) && processes > 1;

    /// <summary>Processes that exchange values of different sizes would write past the ends of their memory.</summary>
    private static void RequireSame(MpiCollective processes, bool compress)
    {
        bool any = processes.Any(compress), all = !processes.Any(!compress);
        if (any && !all)
        {
            throw new InputException("--compress-gradients is given to some of the processes; give it to all of them or to none");
        }
    }

    /// <summary>Runs the command.</summary>
    /// <param name="definition">The definition of the command, for the options in messages.</param>
    /// <param name="compress">Whether gradients are exchanged as bfloat16.</param>
    /// <param name="command">The command; its result is the exit code.</param>
    /// <param name="stop">The user's wish to stop.</param>
    public async Task<int> RunAsync(Command definition, bool compress, Func<ICollective, Task<int>> command, CancellationToken stop)
    {
        if (!IsOneOfSeveral(terminal.Variable(SizeVariable)))
        {
            return compress
                ? throw new InputException("--compress-gradients is for several processes, which mpirun starts; there is one")
                : await command(new SingleProcess()).ConfigureAwait(false);
        }

        MpiCollective processes = new(compress);
        terminal.IsQuiet |= processes.Rank > 0;
        int code;
        try
        {
            RequireSame(processes, compress);
            code = await command(processes).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            if (processes.Rank > 0)
            {
                await Task.Delay(ReportDelay, CancellationToken.None).ConfigureAwait(false);
            }

            // The other processes wait for this one, so all must end.
            (int failure, string message) = Failure.Of(exception, debug: false, stop);
            terminal.Error.WriteLine($"txl: process {processes.Rank} of {processes.Size} on {Environment.MachineName}: {message}{OptionNames.Hint(exception, definition, definition)}");
            terminal.Error.Flush();
            processes.Abort(failure);
            throw;
        }

        processes.Dispose();
        return code;
    }
}
