using System.Text;
using TransformerXL.Cli.Predictions;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Inference.Chat;
using TransformerXL.Inference.Ordering;
using TransformerXL.Inference.Serving;
using TransformerXL.Training.Dynamic;
using TransformerXL.Training.Examples;

namespace TransformerXL.Fuzz;

/// <summary>Files that commands read beside a model: lists of texts to predict for, templates of chats, stored sessions, tuned rates.</summary>
internal static class UseTargets
{
    private const string Id = "0123456789abcdef0123456789abcdef";
    private static readonly DateTimeOffset s_time = new(2024, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static IEnumerable<FuzzTarget> All =>
    [
        new("predictions-texts", input => Predict(input, HeadKind.OneLabel), () => ["{\"id\":1,\"text\":\"a \\u00e9\",\"text2\":\"b\"}\n\n{\"text\":\"c\"}\n"u8.ToArray()]),
        new("predictions-words", input => Predict(input, HeadKind.Tags), () => ["{\"words\":[\"a\",\"b\"]}\n{\"text\":\"c d\"}\n"u8.ToArray()]),
        new("predictions-questions", input => Predict(input, HeadKind.Spans), () => ["{\"id\":\"q\",\"question\":\"Who?\",\"context\":\"Ann came.\"}\n"u8.ToArray()]),
        new("chat-template", ReadTemplate, () => ["""{"begin":"<s>","roles":{"user":"User: {content}\n","assistant":"{content}</s>"},"reply":"Bot:","stop":["\nUser:"]}"""u8.ToArray()]),
        new("session-record", ReadSession, () => [Session()]),
        new("order.json", ReadOrder, () => [FuzzFolder.Written("order.json", new LabelOrder { Stay = 0.9, Weight = 0.5, Shares = [0.25, 0.75], Weights = new string('0', 64) }.Write)]),
        new("dynamic.json", input => DynamicSettingsFile.Load(FuzzFolder.File("dynamic.json", input)), () => [FuzzFolder.Written("dynamic.json", path => DynamicSettingsFile.Save(path, Settings))]),
    ];

    private static DynamicSettings Settings => new DynamicSettings { Weights = new string('0', 64), Rules = [] }.With(new TunedRule { Options = DynamicOptions.For(DynamicRule.Rms), TargetLength = 8, BatchSize = 1, Tokens = 100, Loss = 2, StaticLoss = 2.5 });

    private static void Predict(byte[] input, HeadKind kind)
    {
        foreach (PredictionItem _ in new PredictionInput("input", kind, new ExampleOptions()).OfJson(new MemoryStream(input)))
        {
            // Every line is read and checked.
        }
    }

    /// <summary>Values that were accepted must be usable.</summary>
    private static void ReadOrder(byte[] input)
    {
        LabelOrder order = LabelOrder.Read(FuzzFolder.File("order.json", input));
        LabelProbability[] probabilities = [.. order.Shares.Select((share, i) => new LabelProbability($"{i}", i == 0 ? 1 : 0))];
        Classification next = new LabelFilter(order).Next(new Classification { Labels = ["0"], Probabilities = probabilities, Tokens = 1 });
        if (next.Probabilities.Any(label => !double.IsFinite(label.Probability)))
        {
            throw new FuzzFindingException("a probability is not finite");
        }
    }

    /// <summary>A template that was accepted must be usable.</summary>
    private static void ReadTemplate(byte[] input)
    {
        ChatTemplate template = ChatTemplate.Load(FuzzFolder.File("template.json", input));
        template.Render([("user", "hello")]);
    }

    /// <summary>A damaged record is a <see cref="StoredSessionException"/>: a server answers with it and keeps running.</summary>
    private static void ReadSession(byte[] input)
    {
        try
        {
            SessionRecordFile.Read(new MemoryStream(input), Id, 3);
        }
        catch (StoredSessionException exception)
        {
            throw new InputException(exception.Message, exception);
        }
    }

    private static byte[] Session()
    {
        using MemoryStream stream = new();
        SessionRecordFile.Write(stream, new SessionRecord(Id, "me", "a name", 3, 17, s_time, s_time), Encoding.UTF8.GetBytes("state"));
        return stream.ToArray();
    }
}
