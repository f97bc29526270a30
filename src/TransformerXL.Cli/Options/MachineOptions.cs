using System.CommandLine;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Cli.Options;

/// <summary>Threads and instruction set. Neither is part of a run, so they may differ from one command to the next.</summary>
internal sealed class MachineOptions
{
    /// <summary>Values of <c>--isa</c>.</summary>
    public static IReadOnlyCollection<string> Isas { get; } = ["auto", "avx512", "avx2", "vector128", "scalar"];

    private readonly Option<int?> _threads = NewOption.Whole("--threads", "Number of threads.", 1, 1024, Environment.ProcessorCount);
    private readonly Option<string> _isa = NewOption.Choice("--isa", "Instruction set", Isas, "auto");

    /// <summary>Disables the memory check.</summary>
    public Option<bool> NoMemoryCheck { get; } = NewOption.Flag("--no-memory-check", "Begin even if the machine, or its container, seems to have less memory than is needed.");

    public void AddTo(Command command)
    {
        command.Add(_threads);
        command.Add(_isa);
        command.Add(NoMemoryCheck);
    }

    /// <summary>Creates the backend.</summary>
    /// <exception cref="InputException">The processor lacks the instruction set.</exception>
    public CpuBackend CreateBackend(ParseResult result) => new(ReadIsa(result), result.Get(_threads));

    /// <summary>The instruction set; null for the best.</summary>
    /// <exception cref="InputException">The processor lacks it.</exception>
    public Isa? ReadIsa(ParseResult result) => ReadIsa(result.GetRequiredValue(_isa));

    /// <summary>The instruction set with a name; null for the best.</summary>
    /// <exception cref="InputException">The processor lacks it.</exception>
    public static Isa? ReadIsa(string name)
    {
        Isa? isa = name switch
        {
            "avx512" => Isa.Avx512,
            "avx2" => Isa.Avx2,
            "vector128" => Isa.Vector128,
            "scalar" => Isa.Scalar,
            _ => null,
        };
        return isa is { } wanted && !CpuBackend.IsSupported(wanted)
            ? throw new InputException($"--isa {name}: this processor lacks it; it offers {string.Join(", ", Offered())}")
            : isa;
    }

    /// <summary>Number of compute threads.</summary>
    public int Threads(ParseResult result) => result.Get(_threads);

    private static IEnumerable<string> Offered() =>
        Enum.GetValues<Isa>().Where(CpuBackend.IsSupported).OrderDescending().Select(isa => isa.ToString().ToLowerInvariant());
}
