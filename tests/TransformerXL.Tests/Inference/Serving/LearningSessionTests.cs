using System.Buffers.Binary;
using System.Runtime.InteropServices;
using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Inference.Serving;
using TransformerXL.Models;
using TransformerXL.Testing;
using TransformerXL.Tests.Training.Dynamic;
using TransformerXL.Training.Dynamic;
using Xunit;

namespace TransformerXL.Tests.Inference.Serving;

/// <summary>Conversations with weights of their own that learn from what they read.</summary>
public sealed class LearningSessionTests
{
    private const string Owner = "ann";

    private static readonly string[] s_texts = [ServedModel.Text(45, 1), ServedModel.Text(20, 2)];

    [Theory]
    [InlineData(DynamicRule.Sgd, Kinds.TransformerXL)]
    [InlineData(DynamicRule.Rms, Kinds.TransformerXL)]
    [InlineData(DynamicRule.Adam, Kinds.TransformerXL)]
    [InlineData(DynamicRule.Adam, Kinds.Lstm)]
    public async Task A_session_learns_as_a_text_follower_does(DynamicRule rule, string kind)
    {
        DynamicOptions learning = DynamicSample.Options(rule);
        await using ServedModel served = new(kind: kind, learning: learning);
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions());
        string before = ModelWeights.Fingerprint(served.Model), id = (await conversations.OpenAsync(Owner, learns: true)).Id;
        (string text, LanguageModel model) = served.LearnAlone(learning, s_texts, 20, 3);
        foreach (string part in s_texts)
        {
            await conversations.ReadAsync(Owner, id, Prompt.Of(part));
        }

        Assert.Equal(65 / 7, (await conversations.GetAsync(Owner, id)).LearningSteps);
        Assert.Equal(ModelWeights.Fingerprint(model), await Weights(conversations, id));
        Assert.NotEqual(before, ModelWeights.Fingerprint(model));
        Assert.Equal(text, await Write(conversations, id, "", 20, 3));
        Assert.Equal(before, ModelWeights.Fingerprint(served.Model));
    }

    [Fact]
    public async Task Sessions_that_learn_do_not_change_those_beside_them()
    {
        DynamicOptions learning = DynamicSample.Options(DynamicRule.Adam);
        await using ServedModel served = new(learning: learning);
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions());
        string expected = served.LearnAlone(learning, [s_texts[0]], 30, 8).Text, plainly = served.WriteAlone(s_texts[0], 30, 8);
        Assert.NotEqual(expected, plainly);
        string[] ids = [.. await Task.WhenAll(Enumerable.Range(0, 6).Select(async i => (await conversations.OpenAsync(Owner, learns: i % 2 == 0)).Id))];
        string[] texts = await Task.WhenAll(ids.Select(id => Write(conversations, id, s_texts[0], 30, 8)));
        for (int i = 0; i < ids.Length; i++)
        {
            Assert.Equal(i % 2 == 0 ? expected : plainly, texts[i]);
        }

        Assert.Null((await conversations.GetAsync(Owner, ids[1])).LearningSteps);
    }

    [Theory]
    [InlineData(DynamicRule.Rms, Kinds.TransformerXL, 45)]
    [InlineData(DynamicRule.Adam, Kinds.TransformerXL, 45)]
    [InlineData(DynamicRule.Adam, Kinds.Lstm, 45)]
    [InlineData(DynamicRule.Sgd, Kinds.TransformerXL, 5)]
    [InlineData(DynamicRule.Sgd, Kinds.Lstm, 5)]
    [InlineData(DynamicRule.Sgd, Kinds.TransformerXL, 0)]
    public async Task A_session_that_was_saved_goes_on_learning_exactly(DynamicRule rule, string kind, int length)
    {
        DynamicOptions learning = DynamicSample.Options(rule);
        string[] texts = [ServedModel.Text(length, 1), s_texts[1]];
        using TemporaryFolder folder = new();
        string id;
        await using (ServedModel first = new(kind: kind, learning: learning))
        await using (Conversations conversations = new(first.Scheduler, Saving(folder)))
        {
            id = (await conversations.OpenAsync(Owner, learns: true)).Id;
            await conversations.ReadAsync(Owner, id, Prompt.Of(texts[0]));
        }

        await using ServedModel second = new(kind: kind, learning: learning);
        await using Conversations restarted = new(second.Scheduler, Saving(folder));
        Assert.Equal(length / 7, (await restarted.GetAsync(Owner, id)).LearningSteps);
        await restarted.ReadAsync(Owner, id, Prompt.Of(texts[1]));
        (string text, LanguageModel model) = second.LearnAlone(learning, texts, 20, 3);
        Assert.Equal(ModelWeights.Fingerprint(model), await Weights(restarted, id));
        Assert.Equal(text, await Write(restarted, id, "", 20, 3));
    }

    [Fact]
    public async Task A_fork_goes_on_learning_independently()
    {
        await using ServedModel served = new(learning: DynamicSample.Options(DynamicRule.Adam));
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions());
        string id = (await conversations.OpenAsync(Owner, learns: true)).Id;
        await conversations.ReadAsync(Owner, id, Prompt.Of(s_texts[0]));
        string weights = await Weights(conversations, id), fork = (await conversations.ForkAsync(Owner, id)).Id;
        await conversations.ReadAsync(Owner, fork, Prompt.Of(s_texts[1]));
        Assert.Equal(weights, await Weights(conversations, id));
        await conversations.ReadAsync(Owner, id, Prompt.Of(s_texts[1]));
        Assert.Equal(await Weights(conversations, fork), await Weights(conversations, id));
        Assert.NotEqual(weights, await Weights(conversations, id));
    }

    [Fact]
    public async Task Scores_of_a_session_are_those_of_the_weights_before_each_step()
    {
        await using ServedModel served = new(learning: DynamicSample.Options(DynamicRule.Adam));
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions());
        string text = string.Concat(Enumerable.Repeat("again and ", 30)), plain = (await conversations.OpenAsync(Owner)).Id, learning = (await conversations.OpenAsync(Owner, learns: true)).Id;
        List<TokenScore> still = await Score(plain), learned = await Score(learning);
        Assert.Equal(still[0].Nll, learned[0].Nll);
        double Mean(List<TokenScore> scores) => scores.Skip(200).Average(score => score.Nll);
        Assert.True(Mean(learned) < 0.7 * Mean(still), $"{Mean(learned)} nats, {Mean(still)} without steps");

        async Task<List<TokenScore>> Score(string id) => await (await conversations.ScoreAsync(Owner, id, new ScoreRequest { Prompt = Prompt.Of(text) })).CollectAsync();
    }

    [Fact]
    public async Task Memory_counts_the_weights_and_idle_sessions_go_to_the_store()
    {
        DynamicOptions learning = DynamicSample.Options(DynamicRule.Sgd);
        await using ServedModel served = new(learning: learning);
        long one = served.Scheduler.SessionBytes + served.Options.Learning!.SessionBytes;
        Assert.True(one > 8 * served.Model.Parameters.Sum(parameter => parameter.Value.Count));
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions { Store = new MemoryStore(), MemoryBytes = (2 * one) - 1 });
        string first = (await conversations.OpenAsync(Owner, learns: true)).Id;
        await conversations.ReadAsync(Owner, first, Prompt.Of(s_texts[0]));
        Assert.Equal((one, one), (conversations.Statistics.MemoryBytes, (await conversations.GetAsync(Owner, first)).MemoryBytes));
        await conversations.OpenAsync(Owner, learns: true);
        Assert.Equal((one, 1L), (conversations.Statistics.MemoryBytes, conversations.Statistics.Evicted));
        Assert.Equal(served.LearnAlone(learning, [s_texts[0]], 20, 3).Text, await Write(conversations, first, "", 20, 3));
        string message = Assert.Throws<InputException>(() => new Conversations(served.Scheduler, new ConversationOptions { MemoryBytes = one - 1 })).Message;
        Assert.Contains("learns", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scheduler_without_learning_refuses_such_sessions()
    {
        await using ServedModel served = new();
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions());
        await Assert.ThrowsAsync<LearningUnavailableException>(() => conversations.OpenAsync(Owner, learns: true));
        await using ServedModel other = new(learning: DynamicSample.Options(DynamicRule.Sgd));
        await using Conversations learning = new(other.Scheduler, new ConversationOptions());
        string id = (await learning.OpenAsync(Owner, learns: true)).Id;
        await learning.ReadAsync(Owner, id, Prompt.Of(s_texts[0]));
        using MemoryStream state = new();
        await learning.ExportAsync(Owner, id, state);
        state.Position = 0;
        await Assert.ThrowsAsync<LearningUnavailableException>(() => conversations.ImportAsync(Owner, state));
        state.Position = 0;
        string copy = (await learning.ImportAsync(Owner, state)).Id;
        Assert.Equal(await Weights(learning, id), await Weights(learning, copy));
    }

    [Fact]
    public async Task A_session_of_another_rule_is_refused()
    {
        await using ServedModel served = new(learning: DynamicSample.Options(DynamicRule.Sgd)), other = new(learning: DynamicSample.Options(DynamicRule.Rms));
        await using Conversations one = new(served.Scheduler, new ConversationOptions()), two = new(other.Scheduler, new ConversationOptions());
        string id = (await one.OpenAsync(Owner, learns: true)).Id;
        using MemoryStream state = new();
        await one.ExportAsync(Owner, id, state);
        state.Position = 0;
        Assert.Contains("another rule than Rms", (await Assert.ThrowsAsync<LearningUnavailableException>(() => two.ImportAsync(Owner, state))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Steps_that_are_too_large_end_the_request_and_the_session_goes_back()
    {
        await using ServedModel served = new(learning: new DynamicOptions { Rule = DynamicRule.Sgd, LearningRate = 1e6, Decay = 0 });
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions { Store = new MemoryStore(), SavesAlways = true });
        string id = (await conversations.OpenAsync(Owner, learns: true)).Id;
        await conversations.ReadAsync(Owner, id, Prompt.Of("abc"));
        LearningDivergedException fault = await Assert.ThrowsAsync<LearningDivergedException>(() => conversations.ReadAsync(Owner, id, Prompt.Of(ServedModel.Text(200, 4))));
        Assert.Contains("smaller learning rate", fault.Message, StringComparison.Ordinal);
        Assert.Equal((4L, 0L), ((await conversations.GetAsync(Owner, id)).Tokens, (await conversations.GetAsync(Owner, id)).LearningSteps!.Value));
    }

    [Fact]
    public async Task A_stored_session_that_learns_is_refused_where_sessions_do_not()
    {
        using TemporaryFolder folder = new();
        string id;
        await using (ServedModel learning = new(learning: DynamicSample.Options(DynamicRule.Adam)))
        await using (Conversations conversations = new(learning.Scheduler, Saving(folder)))
        {
            id = (await conversations.OpenAsync(Owner, learns: true)).Id;
            await conversations.ReadAsync(Owner, id, Prompt.Of(s_texts[0]));
        }

        foreach (DynamicOptions? other in (DynamicOptions?[])[null, DynamicSample.Options(DynamicRule.Sgd)])
        {
            await using ServedModel served = new(learning: other);
            await using Conversations conversations = new(served.Scheduler, Saving(folder));
            Assert.Equal(45 / 7, (await conversations.GetAsync(Owner, id)).LearningSteps);
            await Assert.ThrowsAsync<LearningUnavailableException>(() => conversations.ReadAsync(Owner, id, Prompt.Of("x")));
            Assert.Equal(0, conversations.Statistics.MemoryBytes);
        }
    }

    [Fact]
    public async Task Weights_that_are_useless_end_the_request_and_are_not_saved()
    {
        // One step makes them too large to compute with; no loss is measured until the next segment is complete.
        await using ServedModel served = new(learning: new DynamicOptions { Rule = DynamicRule.Sgd, LearningRate = 1e30, Decay = 0 });
        foreach (string work in (string[])["read", "write", "score", "inspect"])
        {
            await using Conversations conversations = new(served.Scheduler, new ConversationOptions { Store = new MemoryStore(), SavesAlways = true });
            string id = (await conversations.OpenAsync(Owner, learns: true)).Id;
            await conversations.ReadAsync(Owner, id, Prompt.Of("abcdefg"));
            Assert.Equal(1, (await conversations.GetAsync(Owner, id)).LearningSteps);
            long version = (await conversations.GetAsync(Owner, id)).Version;
            await Assert.ThrowsAsync<LearningDivergedException>(async () =>
            {
                await (work switch
                {
                    "read" => conversations.ReadAsync(Owner, id, Prompt.Of("xyz")),
                    "write" => Write(conversations, id, "x", 3, 1),
                    "score" => conversations.ScoreAsync(Owner, id, new ScoreRequest { Prompt = Prompt.Of("xyz") }).ContinueWith(scores => scores.Result.CollectAsync(), TaskScheduler.Default).Unwrap(),
                    _ => (Task)conversations.InspectAsync(Owner, id, session =>
                    {
                        session.Advance([1]);
                        float[] nll = new float[1];
                        session.NegativeLogLikelihood([2], nll);
                        return nll[0];
                    }),
                });
            });
            Assert.Equal((8L, version), ((await conversations.GetAsync(Owner, id)).Tokens, (await conversations.GetAsync(Owner, id)).Version));
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    public async Task It_does_not_matter_how_a_text_is_cut_into_requests(int length)
    {
        DynamicOptions learning = DynamicSample.Options(DynamicRule.Adam);
        await using ServedModel served = new(learning: learning);
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions());
        string whole = (await conversations.OpenAsync(Owner, learns: true)).Id, cut = (await conversations.OpenAsync(Owner, learns: true)).Id;
        int[] tokens = served.Vocabulary.Encode(s_texts[0]);
        await conversations.ReadAsync(Owner, whole, Prompt.Of(tokens));
        foreach (int[] part in tokens.Chunk(length))
        {
            await conversations.ReadAsync(Owner, cut, Prompt.Of(part));
        }

        Assert.Equal(await Weights(conversations, whole), await Weights(conversations, cut));
        Assert.Equal(await Write(conversations, whole, "", 20, 3), await Write(conversations, cut, "", 20, 3));
    }

    [Theory]
    [InlineData("learned.progress", 1, long.MaxValue)]
    [InlineData("learned.progress", 1, -1)]
    [InlineData("learned.progress", 2, 7)]
    [InlineData("learned.progress", 2, 3 - (1L << 62))]
    [InlineData("learned.progress", 3, 1000)]
    public async Task Damaged_numbers_are_refused(string name, int place, long value)
    {
        await using ServedModel served = new(learning: DynamicSample.Options(DynamicRule.Sgd));
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions());
        string id = (await conversations.OpenAsync(Owner, learns: true)).Id;
        await conversations.ReadAsync(Owner, id, Prompt.Of(s_texts[0]));
        using MemoryStream state = new();
        await conversations.ExportAsync(Owner, id, state);
        using SafetensorsFile file = SafetensorsFile.Parse("state", state.ToArray());
        SafetensorsEntry entry = file.Find(name);
        long[] values = new long[entry.Shape[0]];
        file.ReadInt64s(name, values);
        byte[] bytes = state.ToArray();
        Span<byte> old = MemoryMarshal.AsBytes<long>(values).ToArray();
        int at = bytes.AsSpan().IndexOf(old);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at + (place * sizeof(long))), value);
        await Assert.ThrowsAsync<InputException>(() => conversations.ImportAsync(Owner, new MemoryStream(bytes)));
        Assert.Equal(served.Scheduler.SessionBytes + served.Options.Learning!.SessionBytes, conversations.Statistics.MemoryBytes);
    }

    [Fact]
    public async Task Damaged_bytes_are_refused_or_read_and_never_break_the_scheduler()
    {
        await using ServedModel served = new(learning: DynamicSample.Options(DynamicRule.Adam));
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions());
        string id = (await conversations.OpenAsync(Owner, learns: true)).Id;
        await conversations.ReadAsync(Owner, id, Prompt.Of(s_texts[0]));
        using MemoryStream state = new();
        await conversations.ExportAsync(Owner, id, state);
        Random random = new(5);
        int refused = 0;
        for (int i = 0; i < 400; i++)
        {
            byte[] bytes = state.ToArray();
            // The header is at the beginning, and the numbers of the progress at the end.
            int at = random.Next(3) switch { 0 => random.Next(bytes.Length), 1 => random.Next(4096), _ => bytes.Length - 1 - random.Next(256) };
            bytes[at] = (byte)random.Next(256);
            try
            {
                string copy = (await conversations.ImportAsync(Owner, new MemoryStream(bytes))).Id;
                await conversations.ReadAsync(Owner, copy, Prompt.Of("abcdefgh"));
                await conversations.DeleteAsync(Owner, copy);
            }
            catch (Exception fault) when (fault is InputException or LearningUnavailableException or LearningDivergedException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 50, 399);
        Assert.Equal(served.LearnAlone(DynamicSample.Options(DynamicRule.Adam), [s_texts[0]], 20, 3).Text, await Write(conversations, id, "", 20, 3));
    }

    private static ConversationOptions Saving(TemporaryFolder folder) => new() { Store = new FolderSessionStore(folder.Path), SavesAlways = true };

    private static Task<string> Weights(Conversations conversations, string id) => conversations.InspectAsync(Owner, id, session => ModelWeights.Fingerprint(session.Model));

    private static async Task<string> Write(Conversations conversations, string id, string prompt, int tokens, ulong seed) =>
        (await ServedModel.Collect(await conversations.GenerateAsync(Owner, id, ServedModel.Request(prompt, tokens, seed)))).Text;
}
