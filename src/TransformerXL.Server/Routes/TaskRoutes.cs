using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Server.Http;
using TransformerXL.Server.OpenAi;
using TransformerXL.Server.Serving;
using TransformerXL.Text;

namespace TransformerXL.Server.Routes;

/// <summary>
/// <c>POST /v1/classify</c>, <c>/v1/label</c>, <c>/v1/answer</c>: predictions of models with a head. Each text is one turn of the scheduler, so that the streams
/// of other requests go on between two texts.
/// </summary>
internal sealed class TaskRoutes(ServerServices services)
{
    /// <summary>A text is read in one turn, in which no stream goes on.</summary>
    private const int MaxTokens = 1 << 16;

    private int _waiting;

    public Task ClassifyAsync(HttpContext context) => PredictAsync(
        context, "labels of texts", head => head.Kind is HeadKind.OneLabel or HeadKind.SeveralLabels or HeadKind.Number, ReadTexts,
        (model, text, index) => Item(index, model.Classifier.Classify(text.First, text.Second), model.Folder.Head!.Configuration),
        ServerJson.Plain.PredictionListClassificationItem);

    public Task LabelAsync(HttpContext context) => PredictAsync(
        context, "labels of words", head => head.Kind == HeadKind.Tags, ReadSentences,
        (model, text, index) => Item(index, text.First, model.Labeller.Label([text.Words is { } words ? LabellerInput.Of(words) : model.Labeller.InputOf(text.First)])[0]), ServerJson.Plain.PredictionListLabellingItem);

    public Task AnswerAsync(HttpContext context) => PredictAsync(
        context, "answers to questions", head => head.Kind == HeadKind.Spans, ReadQuestions,
        (model, text, index) => Item(index, text.First, model.Answerer.Answer(text.Second!, text.First)), ServerJson.Plain.PredictionListAnswerItem);

    private async Task PredictAsync<T>(
        HttpContext context, string wanted, Func<HeadConfiguration, bool> fits, Func<JsonFields, ServerLimits, IReadOnlyList<TaskInput>> read, Func<ServedModel, TaskInput, int, T> predict, JsonTypeInfo<PredictionList<T>> type)
    {
        JsonFields fields = await JsonBody.ReadAsync(context).ConfigureAwait(false);
        ServedModel model = services.Models.Find(context, fields);
        if (model.Folder.Head is not { } head || !fits(head.Configuration))
        {
            string does = model.Folder.Head is null ? "a language model" : $"a model that predicts {TaskFolders.Words(model.Folder.Head.Configuration.Kind)}";
            throw ApiException.Unsupported("model", $"{model.Name} is {does}, but {wanted} are wanted");
        }

        IReadOnlyList<TaskInput> texts = read(fields, services.Options.Limits);
        _ = fields.Any("user");
        JsonBody.Finish(context, fields, services.Options.IsStrict);
        foreach (TaskInput text in head.Configuration.IsOfText ? texts : [])
        {
            if (head.Configuration.FaultOfPair(text.Second is not null) is { } fault)
            {
                throw ApiException.Invalid(text.Path, $"{text.Path}: {fault}");
            }
        }

        long tokens = texts.Sum(text => CountTokens(model, text));
        T[] items = await RunAsync(context, model, texts, predict).ConfigureAwait(false);
        RequestScope.Of(context).PromptTokens = tokens;
        PredictionList<T> answer = new(ServerServices.NewId("pred-"), services.Now, model.Name, items, new EmbeddingUsage(tokens, tokens));
        await Answers.WriteAsync(context, answer, type).ConfigureAwait(false);
    }

    private async Task<T[]> RunAsync<T>(HttpContext context, ServedModel model, IReadOnlyList<TaskInput> texts, Func<ServedModel, TaskInput, int, T> predict)
    {
        T[] items = new T[texts.Count];
        try
        {
            if (Interlocked.Increment(ref _waiting) > services.Options.Limits.Queue + 1)
            {
                throw new ApiException(StatusCodes.Status429TooManyRequests, ErrorTypes.RateLimit, $"more than {services.Options.Limits.Queue} requests wait for a prediction", null, "busy") { RetryAfter = 1 };
            }

            return await services.InTimeAsync(context, async stop =>
            {
                for (int i = 0; i < items.Length; i++)
                {
                    int index = i;
                    items[i] = await model.Scheduler.RunAsync(() => predict(model, texts[index], index), stop).ConfigureAwait(false);
                }

                return items;
            }).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private long CountTokens(ServedModel model, TaskInput text)
    {
        long max = Math.Min(MaxTokens, services.Options.Limits.PromptTokens), tokens = 0;
        foreach (string part in Parts(model.Folder.Head!.Configuration, text))
        {
            tokens += PromptEncoding.Encode(model.Vocabulary, part).Length;
            if (tokens > max)
            {
                throw new ApiException(StatusCodes.Status413PayloadTooLarge, ErrorTypes.Request, $"{text.Path} has at least {tokens} tokens, but a text to predict for may have at most {max}", text.Path, "prompt_too_long");
            }
        }

        return tokens;
    }

    /// <summary>What is read one after the other: texts, or each word with the space before it.</summary>
    private static IEnumerable<string> Parts(HeadConfiguration head, TaskInput text) => head.Kind == HeadKind.Tags
        ? (text.Words ?? LabellerInput.Of(text.First, head.WholeWords).Words).Select((word, i) => i == 0 ? word : " " + word)
        : text.Second is null ? [text.First] : [text.First, text.Second];

    /// <summary>A text, texts, or pairs of texts as arrays of two or as objects with <c>text</c> and <c>text2</c>.</summary>
    private static IReadOnlyList<TaskInput> ReadTexts(JsonFields fields, ServerLimits limits) => ReadInputs(fields, limits, (value, path) => value.ValueKind switch
    {
        JsonValueKind.Object => fields.Add(new JsonFields(value, path)) is var pair ? new TaskInput(path, Text(pair, "text"), Second(pair.Text("text2"))) : default,
        JsonValueKind.Array => JsonFields.ItemsOf(value, path, 2) is [var first, var second]
            ? new TaskInput(path, Filled(JsonFields.TextOf(first.Value, first.Path), first.Path), Second(JsonFields.TextOf(second.Value, second.Path)))
            : throw ApiException.Invalid(path, $"{path} has {value.GetArrayLength()} entries, but a pair of texts has 2"),
        _ => new TaskInput(path, Filled(JsonFields.TextOf(value, path), path)),
    });

    /// <summary>A text, or several; words that are given one by one are an array.</summary>
    private static IReadOnlyList<TaskInput> ReadSentences(JsonFields fields, ServerLimits limits) => ReadInputs(fields, limits, (value, path) =>
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return new TaskInput(path, Filled(JsonFields.TextOf(value, path), path));
        }

        string[] words = [.. JsonFields.ItemsOf(value, path, MaxTokens).Select(word => Filled(JsonFields.TextOf(word.Value, word.Path), word.Path))];
        return words.Length > 0 ? new TaskInput(path, string.Join(' ', words), null, words) : throw ApiException.Invalid(path, $"{path} is an empty array, but must hold words");
    });

    /// <summary>A question and its text, or several as objects.</summary>
    private static IReadOnlyList<TaskInput> ReadQuestions(JsonFields fields, ServerLimits limits) => fields.Any("input") is null
        ? [Question(fields)]
        : ReadInputs(fields, limits, (value, path) => Question(fields.Add(new JsonFields(value, path))));

    private static TaskInput Question(JsonFields fields) => new(fields.PathOf("context"), Text(fields, "context"), Text(fields, "question"));

    private static IReadOnlyList<TaskInput> ReadInputs(JsonFields fields, ServerLimits limits, Func<JsonElement, string, TaskInput> read)
    {
        JsonElement input = fields.Any("input") ?? throw fields.Missing("input");
        if (input.ValueKind != JsonValueKind.Array)
        {
            return [read(input, "input")];
        }

        IReadOnlyList<(JsonElement Value, string Path)> items = JsonFields.ItemsOf(input, "input", limits.Prompts);
        return items.Count > 0 ? [.. items.Select(item => read(item.Value, item.Path))] : throw ApiException.Invalid("input", "input is an empty array, but must hold at least one entry");
    }

    private static string Text(JsonFields fields, string name) => Filled(fields.RequiredText(name), fields.PathOf(name));

    /// <summary>Treats an empty second text as no second text.</summary>
    private static string? Second(string? text) => text is { Length: > 0 } ? text : null;

    private static string Filled(string text, string path) => text.Length > 0 ? text : throw ApiException.Invalid(path, $"{path} is empty; there is nothing to predict for");

    private static ClassificationItem Item(int index, Classification result, HeadConfiguration head) => result.Number is { } number
        ? new ClassificationItem { Index = index, Number = number }
        : new ClassificationItem
        {
            Index = index,
            Label = result.Labels.OrderByDescending(label => result.Probabilities.First(other => other.Label == label).Probability).FirstOrDefault(),
            Labels = head.Kind == HeadKind.SeveralLabels ? result.Labels : null,
            Probabilities = result.Probabilities.ToDictionary(label => label.Label, label => label.Probability),
            Probs = [.. result.Probabilities.Select(label => label.Probability)],
            NumClasses = result.Probabilities.Count,
        };

    private static LabellingItem Item(int index, string text, Labelling result)
    {
        CodePointPlaces places = new(text);
        return new LabellingItem(
            index,
            [.. result.Words.Select(word => new WordItem(word.Word, word.Label, word.Probability, places.Of(word.Start), places.Of(word.End)))],
            [.. result.Spans.Select(span => new SpanItem(span.Type, span.Text, span.Probability, places.Of(span.Start), places.Of(span.End)))]);
    }

    private static AnswerItem Item(int index, string text, Answer result)
    {
        CodePointPlaces places = new(text);
        return new AnswerItem(index, result.Text, places.Of(result.Start), places.Of(result.End), result.Probability, result.NoAnswerProbability);
    }

    /// <summary>What a prediction is about.</summary>
    /// <param name="Path">Its name in the request.</param>
    /// <param name="First">The text.</param>
    /// <param name="Second">The second text of a pair, or the question.</param>
    /// <param name="Words">Words that are given one by one.</param>
    private readonly record struct TaskInput(string Path, string First, string? Second = null, IReadOnlyList<string>? Words = null);
}
