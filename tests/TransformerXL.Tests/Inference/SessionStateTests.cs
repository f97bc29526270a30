using System.Text;
using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Inference;

/// <summary>The memory of a session can be saved, loaded, forked and reset.</summary>
public sealed class SessionStateTests : IDisposable
{
    private static readonly InferenceOptions Options = new() { MemoryLength = 20, Streams = 2, MaxSegment = 16 };

    private readonly TransformerXLModel _model = SmallModels.Plain;
    private readonly CpuBackend _backend = new(threads: 1);
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder["memory.safetensors"];

    /// <summary>Changes the tensors of the saved file and keeps what it says about them.</summary>
    private void ChangeTensors(Action<Dictionary<string, (float[] Values, long[] Shape)>> change)
    {
        Dictionary<string, string> metadata;
        using (SafetensorsFile file = SafetensorsFile.Open(Path))
        {
            metadata = new Dictionary<string, string>(file.Metadata);
        }

        Dictionary<string, (float[] Values, long[] Shape)> tensors = Interchange.StoredTensors.Read(Path);
        change(tensors);
        SafetensorsWriter.WriteSummed(Path, [.. tensors.Select(pair => SafetensorsItem.FromFloats(pair.Key, pair.Value.Values, pair.Value.Shape))], metadata);
    }

    public void Dispose()
    {
        _backend.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(75)]
    public void A_loaded_memory_goes_on_as_the_saved_one_does(int read)
    {
        InferenceSession session = Read(read);
        session.Save(Path);
        InferenceSession loaded = Read(33);
        loaded.Load(Path);
        Assert.Equal((session.Tokens, session.MemoryRows), (loaded.Tokens, loaded.MemoryRows));
        if (read > 0)
        {
            Assert.Equal(session.Logits().Span.ToArray(), loaded.Logits().Span.ToArray());
        }

        Assert.Equal(Continue(session), Continue(loaded));
    }

    [Fact]
    public void A_memory_may_be_loaded_into_a_longer_one()
    {
        Read(75).Save(Path);
        InferenceSession longer = InferenceSession.Create(_model, _backend, Options with { MemoryLength = 31, MaxSegment = 5 });
        longer.Load(Path);
        Assert.Equal(20, longer.MemoryRows);
        Assert.Equal(75, longer.Tokens);
    }

    [Fact]
    public void Layers_that_remember_unequally_many_tokens_are_refused_and_the_session_stays()
    {
        Read(75).Save(Path);
        ChangeTensors(tensors =>
        {
            string name = tensors.Keys.First(key => key != "hidden");
            (float[] values, long[] shape) = tensors[name];
            tensors[name] = (values[..(values.Length / (int)shape[0] * 3)], [3, .. shape[1..]]);
        });
        InferenceSession session = Read(33);
        float[] before = session.Logits().Span.ToArray();
        Assert.Contains("as many in every layer", Assert.Throws<InputException>(() => session.Load(Path)).Message, StringComparison.Ordinal);
        Assert.Equal(33, session.Tokens);
        Assert.Equal(before, session.Logits().Span.ToArray());
    }

    [Fact]
    public void A_memory_without_the_state_after_its_last_token_is_refused()
    {
        Read(75).Save(Path);
        ChangeTensors(tensors => tensors.Remove("hidden"));
        Assert.Contains("'hidden'", Assert.Throws<InputException>(() => Read(33).Load(Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_the_last_tokens_is_read_and_damaged_ones_are_refused()
    {
        InferenceSession session = InferenceSession.Create(_model, _backend, Options with { Streams = 1 }), loaded = session.Fork();
        session.Advance([0, 5, 6, 7]);
        session.Save(Path);
        loaded.Load(Path);
        Assert.Equal([5, 6, 7], loaded.LastTokens(9));
        byte[] whole = File.ReadAllBytes(Path);
        ReplaceTokens(null);
        loaded.Load(Path);
        Assert.Equal((4L, 0), (loaded.Tokens, loaded.LastTokens(9).Length));
        loaded.Advance([8]);
        Assert.Equal([8], loaded.LastTokens(9));

        long[][] damaged = [[0, 5, 6, 29], [0, 5, 6, -1], [0, 5, 6, 7, 8]];
        string[] faults = ["holds 29, but the vocabulary has the tokens 0 to 28", "holds -1", "has shape (5), but at most 4 tokens are expected"];
        for (int i = 0; i < damaged.Length; i++)
        {
            File.WriteAllBytes(Path, whole);
            ReplaceTokens(SafetensorsItem.FromInt64s("tokens", damaged[i], damaged[i].Length));
            string fault = Refusal(loaded);
            Assert.Contains("damaged", fault, StringComparison.Ordinal);
            Assert.Contains(faults[i], fault, StringComparison.Ordinal);
        }

        // As floats.
        File.WriteAllBytes(Path, whole);
        ReplaceTokens(SafetensorsItem.FromFloats("tokens", new float[4], 4));
        Assert.Contains("'tokens'", Refusal(loaded), StringComparison.Ordinal);
        Assert.Equal((5L, 1), (loaded.Tokens, loaded.LastTokens(9).Length));
    }

    private void ReplaceTokens(SafetensorsItem? tokens)
    {
        List<SafetensorsItem> items = tokens is null ? [] : [tokens];
        Dictionary<string, string> metadata;
        using (SafetensorsFile file = SafetensorsFile.Open(Path))
        {
            metadata = new Dictionary<string, string>(file.Metadata);
            foreach (SafetensorsEntry entry in file.Entries.Where(entry => entry.Name != "tokens"))
            {
                float[] values = new float[entry.Shape.Aggregate(1L, (product, size) => product * size)];
                file.ReadFloats(entry.Name, values);
                items.Add(SafetensorsItem.FromFloats(entry.Name, values, [.. entry.Shape]));
            }
        }

        SafetensorsWriter.WriteSummed(Path, items, metadata);
    }

    [Fact]
    public void A_fork_goes_on_independently_and_alike()
    {
        InferenceSession session = Read(41);
        InferenceSession fork = session.Fork();
        Assert.Equal(session.Logits().Span.ToArray(), fork.Logits().Span.ToArray());
        float[] ofFork = Continue(fork);
        Assert.Equal(ofFork, Continue(session));
        Assert.Equal(session.Tokens, fork.Tokens);
    }

    [Fact]
    public void After_a_reset_nothing_is_remembered()
    {
        InferenceSession session = Read(41);
        session.Reset();
        Assert.Equal((0L, 0), (session.Tokens, session.MemoryRows));
        Assert.Equal(0, session.Hidden.Count);
        Assert.Equal(Continue(Read(0)), Continue(session));
    }

    [Fact]
    public void A_memory_of_other_weights_is_refused()
    {
        InferenceSession session = Read(9);
        session.Save(Path);
        _model.Parameters[0].Value.Span[0] += 1;
        Assert.Contains("other weights", Refusal(Read(9)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_memory_longer_than_the_session_remembers_is_refused()
    {
        Read(40).Save(Path);
        InferenceSession shorter = InferenceSession.Create(_model, _backend, Options with { MemoryLength = 19 });
        Assert.Contains("remembers 20 of 40 tokens", Refusal(shorter), StringComparison.Ordinal);
    }

    [Fact]
    public void A_memory_of_another_number_of_streams_is_refused()
    {
        Read(40).Save(Path);
        InferenceSession other = InferenceSession.Create(_model, _backend, Options with { Streams = 3 });
        Assert.Contains("(20, 3, 48)", Refusal(other), StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_files_are_refused_and_leave_the_session_as_it_was()
    {
        Read(40).Save(Path);
        byte[] whole = File.ReadAllBytes(Path);
        InferenceSession session = Read(17);
        float[] before = session.Logits().Span.ToArray();
        Random random = new(9);
        for (int round = 0; round < 200; round++)
        {
            byte[] damaged = whole[..random.Next(whole.Length)];
            if (round % 2 == 0)
            {
                damaged = [.. whole];
                damaged[random.Next(600)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(Path, damaged);
            try
            {
                session.Fork().Load(Path);
            }
            catch (InputException)
            {
                // The only way to fail.
            }
        }

        File.WriteAllBytes(Path, Encoding.UTF8.GetBytes("no safetensors file"));
        Refusal(session);
        Assert.Equal((17L, 17), (session.Tokens, session.MemoryRows));
        Assert.Equal(before, session.Logits().Span.ToArray());
    }

    [Fact]
    public void Fewer_results_are_the_last_of_all_also_with_several_segments_at_once()
    {
        ContextConfiguration context = new() { TargetLength = 6, MemoryLength = 9 };
        int[] ids = SmallModels.RandomIds(23, _model);
        foreach (int results in new[] { 1, 5, 7, 23 })
        {
            InferenceSession all = InferenceSession.Create(_model, _backend, InferenceOptions.ForSegments(context, segments: 4));
            InferenceSession last = InferenceSession.Create(_model, _backend, InferenceOptions.ForSegments(context, segments: 4));
            all.Advance(ids);
            last.Advance(ids, results);
            float[] expected = all.Hidden.Slice(23 - results, results).Span.ToArray(), actual = last.Hidden.Span.ToArray();
            Assert.Equal(expected.Length, actual.Length);
            Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
            last.Advance(ids);
            all.Advance(ids);
            Assert.Equal(all.Logits().Span.ToArray(), last.Logits().Span.ToArray());
        }
    }

    [Fact]
    public void Ids_that_are_not_of_the_vocabulary_change_nothing()
    {
        InferenceSession session = Read(17);
        float[] before = session.Logits().Span.ToArray();
        ArgumentOutOfRangeException exception = Assert.Throws<ArgumentOutOfRangeException>(() => session.Advance([1, 2, 3, 29]));
        Assert.Contains("29", exception.Message, StringComparison.Ordinal);
        Assert.Equal("targets", Assert.Throws<ArgumentOutOfRangeException>(() => session.NegativeLogLikelihood([29, 1], new float[2])).ParamName);
        Assert.Throws<ArgumentException>(() => session.Advance([1, 2, 3]));
        Assert.Throws<ArgumentException>(() => session.Advance(new int[34]));
        Assert.Throws<ArgumentException>(() => session.Advance([]));
        Assert.Equal(before, session.Logits().Span.ToArray());
    }

    [Fact]
    public void Results_that_were_not_computed_are_refused()
    {
        InferenceSession session = Read(0);
        Assert.Throws<InvalidOperationException>(() => session.Logits());
        session.Advance([1, 2, 3, 4, 5, 6], results: 1);
        Assert.Equal(1, session.Hidden.Shape[0]);
        Assert.Throws<InvalidOperationException>(() => session.NegativeLogLikelihood([1, 2, 3, 4], new float[4]));
        Assert.Throws<ArgumentException>(() => session.NegativeLogLikelihood([1, 2], new float[4]));
    }

    [Fact]
    public void A_precision_that_does_not_exist_is_refused()
    {
        InferenceOptions options = new() { MemoryLength = 4, Precision = (Precision)7 };
        Assert.Contains("precision is 7, but must be one of", Assert.Throws<InputException>(options.Validate).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 1, 1, 0, "memory length is -1")]
    [InlineData(4, 0, 1, 0, "streams is 0")]
    [InlineData(4, 1, 0, 0, "most tokens of a segment is 0")]
    [InlineData(4, 1, 1, -2, "clamp length is -2")]
    public void Options_out_of_range_are_named(int memory, int streams, int segment, int clamp, string expected)
    {
        InferenceOptions options = new() { MemoryLength = memory, Streams = streams, MaxSegment = segment, ClampLength = clamp };
        Assert.Contains(expected, Assert.Throws<InputException>(options.Validate).Message, StringComparison.Ordinal);
    }

    private InferenceSession Read(int tokens)
    {
        InferenceSession session = InferenceSession.Create(_model, _backend, Options);
        int[] ids = SmallModels.RandomIds(2 * tokens, _model, seed: tokens);
        for (int first = 0; first < ids.Length; first += 2 * 7)
        {
            session.Advance(ids.AsSpan(first, Math.Min(2 * 7, ids.Length - first)));
        }

        return session;
    }

    private float[] Continue(InferenceSession session)
    {
        int[] ids = SmallModels.RandomIds(2 * 31, _model);
        float[] nll = new float[60];
        for (int token = 0; token < 30; token++)
        {
            session.Advance(ids.AsSpan(2 * token, 2));
            session.NegativeLogLikelihood(ids.AsSpan(2 * (token + 1), 2), nll.AsSpan(2 * token, 2));
        }

        return nll;
    }

    private string Refusal(InferenceSession session) => Assert.Throws<InputException>(() => session.Load(Path)).Message;
}
