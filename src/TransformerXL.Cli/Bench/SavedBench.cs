using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using TransformerXL.Cli.Screens;
using TransformerXL.Files;
using TransformerXL.Training.Records;

namespace TransformerXL.Cli.Bench;

/// <summary>Saved measurements, for comparison with later ones on the same machine.</summary>
internal sealed record SavedBench
{
    /// <summary>The relative decrease of a share that counts as a slowdown rather than noise.</summary>
    public const double Tolerance = 0.15;

    private const long MaxBytes = 1 << 20;

    public int Version { get; init; } = 1;

    public required string Processor { get; init; }

    public required string InstructionSet { get; init; }

    public required int Threads { get; init; }

    public required IReadOnlyList<PeakShare> Measurements { get; init; }

    public static SavedBench Of(MachineDescription machine, IReadOnlyList<PeakShare> measurements) => new()
    {
        Processor = machine.Processor,
        InstructionSet = machine.InstructionSet,
        Threads = machine.Threads,
        Measurements = measurements,
    };

    /// <summary>Reads a file that <see cref="Write"/> wrote.</summary>
    /// <exception cref="InputException">It cannot be read, or has another format.</exception>
    public static SavedBench Read(string path)
    {
        SavedBench saved = JsonRecord.Read(path, JsonFile.Read(path, MaxBytes), BenchFileJson.Default.SavedBench);
        Require.That(saved.Version == 1, $"{path}: version {saved.Version} of saved measurements is not known; this program reads version 1");
        return saved;
    }

    public void Write(string path) => AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, this, BenchFileJson.Default.SavedBench));

    /// <summary>Rejects another machine: shares of the peak are not comparable between processors.</summary>
    /// <exception cref="InputException">Processor, instruction set or threads differ; the message names both.</exception>
    public void RequireSame(MachineDescription machine, string path)
    {
        if ((Processor, InstructionSet, Threads) != (machine.Processor, machine.InstructionSet, machine.Threads))
        {
            throw new InputException(
                $"{path} was measured on {Machine(Processor, InstructionSet, Threads)}, but this is {Machine(machine.Processor, machine.InstructionSet, machine.Threads)}: only measurements of the same machine can be compared");
        }
    }

    /// <summary>Compares with new measurements: a line for each whose share fell by more than <see cref="Tolerance"/>.</summary>
    /// <exception cref="InputException">No measurement is in the file.</exception>
    public IReadOnlyList<string> Falls(IReadOnlyList<PeakShare> measured, string path)
    {
        List<string> falls = [];
        int compared = 0;
        foreach (PeakShare now in measured)
        {
            if (Measurements.FirstOrDefault(saved => saved.Name == now.Name && saved.Peak == now.Peak) is not { } before)
            {
                continue;
            }

            compared++;
            if (!(now.Share >= before.Share * (1 - Tolerance)))
            {
                falls.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{now.Name}: {now.Share * 100:0.0} % of the {now.Peak}, saved were {before.Share * 100:0.0} %: {(1 - (now.Share / before.Share)) * 100:0} % less"));
            }
        }

        return compared > 0 ? falls : throw new InputException(
            $"{path} has none of the measurements ({string.Join("; ", measured.Select(now => now.Name))}); it has {string.Join("; ", Measurements.Select(saved => saved.Name))}");
    }

    private static string Machine(string processor, string instructionSet, int threads) => $"{processor} with {instructionSet} and {Figures.Count(threads, "thread")}";
}

/// <summary>Reading and writing without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true)]
[JsonSerializable(typeof(SavedBench))]
internal sealed partial class BenchFileJson : JsonSerializerContext;
