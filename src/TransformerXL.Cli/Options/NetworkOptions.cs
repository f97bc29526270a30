using System.CommandLine;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Cli.Options;

/// <summary>Threads and instruction set that compute the network of a compressor. Neither changes the output.</summary>
internal sealed class NetworkOptions
{
    private readonly Option<int?> _threads = NewOption.Whole("--threads", "Number of threads of the network.", 1, 1024, Environment.ProcessorCount);
    private readonly Option<string> _isa = NewOption.Choice("--isa", "Instruction set of the network", MachineOptions.Isas, "auto");

    /// <summary>Adds the options.</summary>
    public void AddTo(Command command)
    {
        command.Add(_threads);
        command.Add(_isa);
    }

    public int Threads(ParseResult result) => result.Get(_threads);

    /// <summary>The instruction set; null for the best.</summary>
    /// <exception cref="InputException">The processor lacks it.</exception>
    public Isa? Isa(ParseResult result) => MachineOptions.ReadIsa(result.GetRequiredValue(_isa));
}
