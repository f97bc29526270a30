using System.Text.Json;
using TransformerXL.Data;
using Xunit;

namespace TransformerXL.Tests.Data;

/// <summary>Fixture 19: the batches of the reference's iterators.</summary>
public sealed class IteratorFixtureTests
{
    public static TheoryData<string> Files => FixtureCases.Files("19_iterators", "iterators.json");

    [Theory]
    [MemberData(nameof(Files))]
    public void Ordered_batches_are_those_of_the_reference(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
        int batches = 0;
        foreach (JsonElement testCase in document.RootElement.GetProperty("ordered").EnumerateArray())
        {
            batches += CheckOrdered(testCase);
        }
        Assert.True(batches > 0, $"{file} holds no ordered batch");
    }

    [SkippableTheory]
    [MemberData(nameof(Files))]
    public void Shuffled_batches_are_those_of_the_reference(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
        Skip.If(true, $"{document.RootElement.GetProperty("shuffled").GetArrayLength()} shuffled cases: batches of shuffled sentences are not built yet");
    }

    private static int CheckOrdered(JsonElement testCase)
    {
        var tokens = TokenFile.FromIds([.. Ints(testCase.GetProperty("ids"))], 50);
        int batchSize = testCase.GetProperty("batch_size").GetInt32();
        int targetLength = testCase.GetProperty("tgt_len").GetInt32();
        int extendedLength = testCase.GetProperty("ext_len").GetInt32();
        JsonElement[] expected = [.. testCase.GetProperty("batches").EnumerateArray()];
        if (expected.Length == 0)
        {
            Assert.Throws<InputException>(() => new SegmentBatches(tokens, batchSize, targetLength, extendedLength));
            return 0;
        }
        var batches = new SegmentBatches(tokens, batchSize, targetLength, extendedLength);
        Assert.Equal(testCase.GetProperty("n_step").GetInt32(), batches.StreamLength);
        Assert.Equal(expected.Length, batches.Count);
        // Backwards, because a segment must not depend on those read before it.
        for (int i = expected.Length - 1; i >= 0; i--)
        {
            CheckBatch(batches, i, expected[i]);
        }
        return expected.Length;
    }

    private static void CheckBatch(SegmentBatches batches, int index, JsonElement expected)
    {
        int[] data = [.. Rows(expected.GetProperty("data"))];
        int[] target = [.. Rows(expected.GetProperty("target"))];
        int[] inputs = new int[batches.MaxShape.InputCount];
        int[] targets = new int[batches.MaxShape.TargetCount];
        SegmentShape shape = batches.Read(index, inputs, targets);
        Assert.Equal(expected.GetProperty("seq_len").GetInt32(), shape.TargetRows);
        Assert.Equal(expected.GetProperty("data").GetArrayLength(), shape.InputRows);
        Assert.Equal(data, inputs[..shape.InputCount]);
        Assert.Equal(target, targets[..shape.TargetCount]);
    }

    private static IEnumerable<int> Rows(JsonElement rows) => rows.EnumerateArray().SelectMany(Ints);

    private static IEnumerable<int> Ints(JsonElement values) => values.EnumerateArray().Select(value => value.GetInt32());
}
