using System.Text.Json;

namespace TransformerXL.Training.Records;

/// <summary>A part of a run that one process trained: a line of kind <c>start</c> in <c>metrics.jsonl</c>.</summary>
public sealed record RunPart
{
    /// <summary>Number of steps before it.</summary>
    public required long Step { get; init; }

    /// <summary>The time of its first report.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The machine of the process.</summary>
    public required MachineDescription Machine { get; init; }

    /// <summary>The unigram entropy of the training text in nats per token; null if it was not measured.</summary>
    public double? UnigramEntropy { get; init; }

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("kind", "start");
        json.WriteNumber("step", Step);
        json.WriteString("time", Time);
        json.WriteString("processor", Machine.Processor);
        json.WriteString("isa", Machine.InstructionSet);
        json.WriteNumber("threads", Machine.Threads);
        json.WriteString("runtime", Machine.Runtime);
        json.WriteString("system", Machine.System);
        if (UnigramEntropy is { } entropy)
        {
            json.WriteNumber("unigram_entropy", Math.Round(entropy, 6));
        }

        json.WriteEndObject();
    }
}
