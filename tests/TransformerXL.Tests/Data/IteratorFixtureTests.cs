using System.Text.Json;
using TransformerXL.Text;
using TransformerXL.Training.Batches;
using Xunit;

namespace TransformerXL.Tests.Data;

/// <summary>Fixture 19: the batches of the reference's iterators.</summary>
public sealed class IteratorFixtureTests
{
    public static TheoryData<string> Files => [.. FixtureFolders.OfKind("iterators").Select(folder => Path.Combine(folder, "iterators.json"))];

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

    [Theory]
    [MemberData(nameof(Files))]
    public void Packed_sentences_are_those_of_the_reference(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
        int batches = 0;
        foreach (JsonElement testCase in document.RootElement.GetProperty("shuffled").EnumerateArray())
        {
            batches += CheckSentences(testCase);
        }
        Assert.True(batches > 0, $"{file} holds no batch of sentences");
    }

    // The reference's sentences are lists of their own, and the fixture keeps their order.
    private static int CheckSentences(JsonElement testCase)
    {
        int[][] sentences = [.. testCase.GetProperty("sentences").EnumerateArray().Select(sentence => Ints(sentence).ToArray())];
        TokenFile tokens = Tokens([.. sentences.SelectMany(sentence => sentence)]);
        SentenceBatches batches = new(
            tokens,
            SentenceIndex.FromLengths(sentences.Select(sentence => sentence.Length)),
            endId: null,
            testCase.GetProperty("batch_size").GetInt32(),
            testCase.GetProperty("tgt_len").GetInt32(),
            testCase.GetProperty("ext_len").GetInt32(),
            seed: null);
        JsonElement[] expected = [.. testCase.GetProperty("batches").EnumerateArray()];
        int[] inputs = new int[batches.MaxShape.InputCount];
        int[] targets = new int[batches.MaxShape.TargetCount];
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(batches.TryRead(inputs, targets, out SegmentShape shape));
            CheckSegment(expected[i], inputs, targets, shape);
        }
        Assert.False(batches.TryRead(inputs, targets, out _));
        return expected.Length;
    }

    private static int CheckOrdered(JsonElement testCase)
    {
        TokenFile tokens = Tokens([.. Ints(testCase.GetProperty("ids"))]);
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

    /// <summary>A text of these ids; the largest of them says how many symbols its vocabulary needs at least.</summary>
    private static TokenFile Tokens(int[] ids) => TokenFile.FromIds(ids, ids.Max() + 1);

    private static void CheckBatch(SegmentBatches batches, int index, JsonElement expected)
    {
        int[] inputs = new int[batches.MaxShape.InputCount];
        int[] targets = new int[batches.MaxShape.TargetCount];
        CheckSegment(expected, inputs, targets, batches.Read(index, inputs, targets));
    }

    private static void CheckSegment(JsonElement expected, int[] inputs, int[] targets, SegmentShape shape)
    {
        Assert.Equal(expected.GetProperty("seq_len").GetInt32(), shape.TargetRows);
        Assert.Equal(expected.GetProperty("data").GetArrayLength(), shape.InputRows);
        Assert.Equal(Rows(expected.GetProperty("data")), inputs[..shape.InputCount]);
        Assert.Equal(Rows(expected.GetProperty("target")), targets[..shape.TargetCount]);
    }

    private static IEnumerable<int> Rows(JsonElement rows) => rows.EnumerateArray().SelectMany(Ints);

    private static IEnumerable<int> Ints(JsonElement values) => values.EnumerateArray().Select(value => value.GetInt32());
}
