using System.Text.Json;
using TransformerXL.Models;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>A task from its examples to predictions, as a user types it.</summary>
public sealed class TaskCommandTests : IDisposable
{
    private static readonly string[] s_small =
        ["--layers", "1", "--model-size", "16", "--heads", "2", "--head-size", "8", "--inner-size", "16", "--embedding-size", "16", "--target", "8", "--memory", "8", "--batch", "4", "--vocabulary", "bytes", "--warmup", "1", "--validate-every", "5", "--threads", "1"];

    private readonly TemporaryFolder _folder = new();

    private string Run => _folder["run"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Classify_trains_evaluates_predicts_and_goes_on()
    {
        string output = await FakeTerminal.OutputOf(Train("classify", Texts()));
        Assert.Contains("training: 30 examples (JSON lines)", output, StringComparison.Ordinal);
        Assert.Matches("validation at step 10: loss .* accuracy 0\\.\\d{4} \\(majority 0\\.\\d{4}, naive Bayes [01]\\.\\d{4}\\), macro f1", output);
        Assert.Contains("Predict:   txl predict", output, StringComparison.Ordinal);

        JsonElement[] lines = Lines(await FakeTerminal.OutputOf("predict", Run, _folder.Write("new.txt", "sun is warm\n\nrain is wet\n"), "--threads", "1"));
        Assert.Equal([1, 3], lines.Select(line => line.GetProperty("line").GetInt32()));
        Assert.All(lines, line => Assert.Equal(1, line.GetProperty("probabilities").EnumerateObject().Sum(label => label.Value.GetDouble()), 5e-6));
        // A text has the same probabilities alone, read as a stream, and as a line beside others.
        JsonElement document = Assert.Single(Lines(await FakeTerminal.OutputOf("predict", Run, _folder.Write("one.txt", "sun is warm"), "--input", "document", "--threads", "1")));
        Assert.Equal(lines[0].GetProperty("probabilities").ToString(), document.GetProperty("probabilities").ToString());
        Assert.Contains("is empty; there is nothing to predict", await ErrorOf(1, "predict", Run, _folder.Write("none.txt", ""), "--input", "document", "--threads", "1"), StringComparison.Ordinal);
        using FakeTerminal marked = new();
        Assert.Equal(0, await marked.RunAsync("predict", Run, _folder.Write("marked.txt", "\ufeffsun is warm"), "--input", "document", "--threads", "1"));
        Assert.Equal(document.GetProperty("probabilities").ToString(), Lines(marked.Out)[0].GetProperty("probabilities").ToString());
        Assert.DoesNotContain("not in the vocabulary", marked.Error, StringComparison.Ordinal);
        string words = _folder["words"];
        await FakeTerminal.OutputOf([.. Train("classify", Texts()).Select(argument => argument == Run ? words : argument), "--vocabulary", "words", "--quiet"]);
        using FakeTerminal unknown = new();
        Assert.Equal(0, await unknown.RunAsync("predict", words, _folder.Write("unknown.txt", "sun qqq warm zzz"), "--input", "document", "--threads", "1"));
        Assert.Contains("2 words are not in the vocabulary", unknown.Error, StringComparison.Ordinal);

        JsonElement evaluated = Assert.Single(Lines(await FakeTerminal.OutputOf("evaluate", Run, "--split", "valid", "--json", "--threads", "1")));
        Assert.Equal(10, evaluated.GetProperty("examples").GetInt32());
        Assert.Equal(ModelFolder.Load(Run).Step, evaluated.GetProperty("step").GetInt64());
        Assert.True(evaluated.GetProperty("baselines").GetProperty("majority").GetProperty("accuracy").GetDouble() > 0);
        Assert.Contains("naive Bayes", await FakeTerminal.OutputOf("evaluate", Run, "--split", "valid", "--threads", "1"), StringComparison.Ordinal);

        string page = await File.ReadAllTextAsync(Path.Combine(Run, "report.html"));
        Assert.Contains("Confusion matrix", page, StringComparison.Ordinal);
        Assert.Contains("naive Bayes", page, StringComparison.Ordinal);
        Assert.Contains("Trained 12 steps", await FakeTerminal.OutputOf("train", "--resume", Run, "--steps", "12", "--threads", "1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_and_answers_are_predicted_with_places_in_the_text()
    {
        await FakeTerminal.OutputOf(Train("label", _folder.Write("train.conll", string.Concat(Enumerable.Repeat("Ada\tB-P\nsings\tO\n\nthe\tO\nchoir\tO\n\n", 8)))));
        JsonElement labelled = Assert.Single(Lines(await FakeTerminal.OutputOf("predict", Run, _folder.Write("text.txt", "  Ada  sings"), "--threads", "1")));
        Assert.Equal([("Ada", 2, 5), ("sings", 7, 12)], labelled.GetProperty("words").EnumerateArray().Select(word => (word.GetProperty("word").GetString()!, word.GetProperty("start").GetInt32(), word.GetProperty("end").GetInt32())));

        const string Question = """{"question":"who","context":"it was Ada here","answers":[{"text":"Ada","answer_start":7}]}""";
        await FakeTerminal.OutputOf([.. Train("answer", _folder.Write("train.jsonl", string.Concat(Enumerable.Repeat(Question + "\n", 12)))), "--force"]);
        JsonElement answered = Assert.Single(Lines(await FakeTerminal.OutputOf("predict", Run, _folder.Write("question.jsonl", """{"id":"q7","question":"who","context":"it was Ada here"}"""), "--threads", "1")));
        Assert.Equal("q7", answered.GetProperty("id").GetString());
        int start = answered.GetProperty("start").GetInt32();
        Assert.Equal(answered.GetProperty("answer").GetString(), "it was Ada here"[start..answered.GetProperty("end").GetInt32()]);
    }

    [Fact]
    public async Task Places_count_code_points_as_the_files_of_examples_do()
    {
        const string Context = "😀 it was Ada", Question = $$"""{"question":"who","context":"{{Context}}","answers":[{"text":"Ada","answer_start":9}]}""";
        await FakeTerminal.OutputOf(Train("answer", _folder.Write("train.jsonl", string.Concat(Enumerable.Repeat(Question + "\n", 12)))));
        JsonElement answered = Assert.Single(Lines(await FakeTerminal.OutputOf("predict", Run, _folder.Write("question.jsonl", Question), "--threads", "1", "--explain", "--leave-out", "0")));
        Assert.Equal(answered.GetProperty("answer").GetString(), CodePoints(Context, answered));
        Assert.All(
            answered.GetProperty("explanation").GetProperty("tokens").EnumerateArray().Where(token => !token.TryGetProperty("in", out _)),
            token => Assert.Equal(token.GetProperty("token").GetString(), CodePoints(Context, token)));

        await FakeTerminal.OutputOf([.. Train("label", _folder.Write("train.conll", string.Concat(Enumerable.Repeat("😀\tO\nAda\tB-P\n\n", 8)))), "--force"]);
        foreach (string line in (string[])["😀 😀 Ada", """{"words":["😀","😀","Ada"]}"""])
        {
            JsonElement labelled = Assert.Single(Lines(await FakeTerminal.OutputOf("predict", Run, _folder.Write(line[0] == '{' ? "words.jsonl" : "words.txt", line), "--threads", "1")));
            Assert.Equal([(0, 1), (2, 3), (4, 7)], labelled.GetProperty("words").EnumerateArray().Select(word => (word.GetProperty("start").GetInt32(), word.GetProperty("end").GetInt32())));
        }

        static string CodePoints(string text, JsonElement part) =>
            string.Concat(text.EnumerateRunes().Skip(part.GetProperty("start").GetInt32()).Take(part.GetProperty("end").GetInt32() - part.GetProperty("start").GetInt32()));
    }

    [Fact]
    public async Task Questions_without_an_answer_are_counted_by_the_rules_of_SQuAD_2_wherever_they_stand()
    {
        const string Answered = """{"question":"who","context":"it was Ada here","answers":[{"text":"Ada","answer_start":7}]}""", None = """{"question":"why","context":"it was Ada here","answers":[]}""";
        string train = _folder.Write("train.jsonl", string.Concat(Enumerable.Repeat(Answered + "\n", 12))), mixed = _folder.Write("valid.jsonl", $"{Answered}\n{None}\n");
        string[] arguments = Train("answer", train);
        arguments[6] = mixed;
        Assert.Contains("exact match ", await FakeTerminal.OutputOf(arguments), StringComparison.Ordinal);
        JsonElement measured = Assert.Single(Lines(await FakeTerminal.OutputOf("evaluate", Run, "--data", mixed, "--json", "--threads", "1")));
        Assert.Equal((0, 0), (measured.GetProperty("no_answer_exact_match").GetDouble(), measured.GetProperty("no_answer_f1").GetDouble()));
        Assert.Equal(measured.GetProperty("has_answer_f1").GetDouble() / 2, measured.GetProperty("f1").GetDouble());
        Assert.True(measured.GetProperty("best_f1").GetDouble() >= measured.GetProperty("f1").GetDouble());
        Assert.False(Assert.Single(Lines(await FakeTerminal.OutputOf("evaluate", Run, "--data", train, "--json", "--threads", "1"))).TryGetProperty("no_answer_f1", out _));

        await FakeTerminal.OutputOf([.. Train("answer", mixed), "--metric", "no_answer_f1", "--force"]);
        string page = await File.ReadAllTextAsync(Path.Combine(Run, "report.html"));
        Assert.Contains("no answer f1", page, StringComparison.Ordinal);
        Assert.Contains("loss (nats per question)", page, StringComparison.Ordinal);
        Assert.Contains(" %", page, StringComparison.Ordinal);
        Assert.DoesNotContain("bits per", page, StringComparison.Ordinal);
        Assert.DoesNotContain("nats per token", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_with_other_columns_than_the_training_is_read_by_naming_them()
    {
        string rows = string.Concat(Enumerable.Range(0, 20).Select(i => $"{(i % 2 == 0 ? "sun" : "rain")} {i},{(i % 2 == 0 ? "dry" : "wet")}\n"));
        string train = _folder.Write("train.csv", "message,kind\n" + rows), other = _folder.Write("other.csv", "body,class\n" + rows);
        await FakeTerminal.OutputOf([.. Train("classify", train), "--text-column", "message", "--label-column", "kind"]);
        Assert.Contains("there is no column 'message' for the text; the columns are 'body', 'class' (--text-column)", await ErrorOf(1, "predict", Run, other, "--threads", "1"), StringComparison.Ordinal);
        string[] ofOther = [.. Lines(await FakeTerminal.OutputOf("predict", Run, other, "--text-column", "body", "--threads", "1")).Select(line => line.GetProperty("probabilities").ToString())];
        Assert.Equal(Lines(await FakeTerminal.OutputOf("predict", Run, train, "--threads", "1")).Select(line => line.GetProperty("probabilities").ToString()), ofOther);

        JsonElement own = Assert.Single(Lines(await FakeTerminal.OutputOf("evaluate", Run, "--data", train, "--json", "--threads", "1")));
        JsonElement same = Assert.Single(Lines(await FakeTerminal.OutputOf("evaluate", Run, "--data", other, "--text-column", "body", "--label-column", "class", "--json", "--threads", "1")));
        Assert.Equal(own.GetProperty("loss").GetDouble(), same.GetProperty("loss").GetDouble());
        Assert.Contains("--text-column is for the examples of --data", await ErrorOf(2, "evaluate", Run, "--text-column", "body"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("classify", "other.csv", "body,mood\nsun 1,dry\n", "has no labels, so nothing can be measured on it (--label-column)", "--text-column", "body")]
    [InlineData("label", "other.conll", "box\nis\n", "has no labels, so nothing can be measured on it; each line needs the tag of its word")]
    [InlineData("answer", "other.jsonl", """{"question":"what colour","context":"the box is red"}""", "has no answers, so nothing can be measured on it")]
    public async Task Nothing_is_measured_on_a_file_without_labels(string task, string name, string content, string error, params string[] more)
    {
        string data = task == "classify" ? Texts() : TinyRun.WriteExamples(_folder, task), other = _folder.Write(name, content);
        await FakeTerminal.OutputOf(Train(task, data));
        Assert.Contains(error, await ErrorOf(1, ["evaluate", Run, "--data", other, "--threads", "1", .. more]), StringComparison.Ordinal);
        if (more.Length == 0)
        {
            Assert.Contains(error, await ErrorOf(1, ["train", "--task", task, "--train", data, "--valid", other, "--out", _folder["second"], "--steps", "10", .. s_small]), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Questions_with_ids_are_measured_on_the_training_data_and_a_repeated_id_is_named_with_its_place()
    {
        static string Question(int id) => $$$"""{"id":"{{{id}}}","question":"what colour","context":"the box is red","answers":{"text":["red"],"answer_start":[11]}}""" + "\n";
        string data = _folder.Write("q.jsonl", string.Concat(Enumerable.Range(0, 8).Select(Question)));
        await FakeTerminal.OutputOf(Train("answer", data));
        Assert.Single(Lines(await FakeTerminal.OutputOf("evaluate", Run, "--split", "train", "--json", "--threads", "1")));
        Assert.Single(Lines(await FakeTerminal.OutputOf("evaluate", Run, "--data", data, "--json", "--threads", "1")));
        string twice = _folder.Write("twice.jsonl", Question(1) + Question(2) + Question(1));
        Assert.Contains($"line 3: the id '1' names an earlier question as well, at '{twice}', line 1;", await ErrorOf(1, "evaluate", Run, "--data", twice, "--threads", "1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Columns_with_numbers_and_with_names_take_the_place_of_one_another()
    {
        string[] words = ["the", "box", "is", "red"], tags = ["O", "B-T", "O", "B-C"];
        string conll = string.Concat(Enumerable.Range(0, 12).Select(i => string.Concat(words.Zip(tags, (word, tag) => $"{word}{(word == "box" ? $"{i}" : "")} x {tag}\n")) + "\n"));
        string lines = string.Concat(Enumerable.Range(0, 12).Select(i => $$"""{"tokens":["the","box{{i}}","is","red"],"ner":["O","B-T","O","B-C"]}""" + "\n"));
        string columns = _folder.Write("a.conll", conll), members = _folder.Write("a.jsonl", lines), words2 = _folder.Write("words.conll", "x red\nx box\n");

        await FakeTerminal.OutputOf([.. Train("label", columns), "--word-column", "1", "--tag-column", "3"]);
        Assert.Single(Lines(await FakeTerminal.OutputOf("predict", Run, words2, "--word-column", "2", "--threads", "1")));
        Assert.Equal(12, Lines(await FakeTerminal.OutputOf("predict", Run, members, "--input", "examples", "--threads", "1")).Length);
        double loss = Loss(await FakeTerminal.OutputOf("evaluate", Run, "--data", columns, "--json", "--threads", "1"));
        Assert.Equal(loss, Loss(await FakeTerminal.OutputOf("evaluate", Run, "--data", members, "--text-column", "tokens", "--label-column", "ner", "--json", "--threads", "1")));

        await FakeTerminal.OutputOf([.. Train("label", members), "--text-column", "tokens", "--label-column", "ner", "--force"]);
        loss = Loss(await FakeTerminal.OutputOf("evaluate", Run, "--data", members, "--json", "--threads", "1"));
        Assert.Equal(loss, Loss(await FakeTerminal.OutputOf("evaluate", Run, "--data", columns, "--word-column", "1", "--tag-column", "3", "--json", "--threads", "1")));
        Assert.Contains("the members of JSON have names, but the column of the tags is a number", await ErrorOf(1, "evaluate", Run, "--data", members, "--tag-column", "3", "--threads", "1"), StringComparison.Ordinal);

        static double Loss(string output) => Assert.Single(Lines(output)).GetProperty("loss").GetDouble();
    }

    [Fact]
    public async Task Columns_that_a_model_or_a_file_does_not_have_are_refused()
    {
        string texts = Texts(), plain = _folder.Write("plain.txt", "it rains\n");
        await FakeTerminal.OutputOf(Train("classify", texts));
        Assert.Contains("--tag-column is for models that predict labels of words, but ", await ErrorOf(1, "evaluate", Run, "--data", texts, "--tag-column", "3"), StringComparison.Ordinal);
        Assert.Contains("--word-column is for models that predict labels of words, but ", await ErrorOf(1, "predict", Run, texts, "--word-column", "1"), StringComparison.Ordinal);
        Assert.Contains($"--text-column is for files of examples and JSON lines, but '{plain}' is read line by line", await ErrorOf(1, "predict", Run, plain, "--text-column", "x"), StringComparison.Ordinal);
        Assert.Contains("is read as one text", await ErrorOf(1, "predict", Run, plain, "--input", "document", "--text-column", "x"), StringComparison.Ordinal);
        await FakeTerminal.OutputOf([.. Train("answer", TinyRun.WriteExamples(_folder, "answer")), "--force"]);
        Assert.Contains("--text-column is for models that predict labels, but ", await ErrorOf(1, "predict", Run, texts, "--text-column", "x"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Losses_of_numbers_are_squared_errors_before_the_first_validation_as_well()
    {
        string data = _folder.Write("numbers.csv", "text,label\n" + string.Concat(Enumerable.Range(0, 20).Select(i => $"text {i},{i}\n")));
        await FakeTerminal.OutputOf([.. Train("classify", data), "--labels", "number"]);
        string metrics = Path.Combine(Run, "metrics.jsonl");
        await File.WriteAllLinesAsync(metrics, (await File.ReadAllLinesAsync(metrics)).Where(line => !line.Contains("mean_squared_error", StringComparison.Ordinal)));
        await FakeTerminal.OutputOf("report", Run);
        string page = await File.ReadAllTextAsync(Path.Combine(Run, "report.html"));
        Assert.Contains("training (squared error of scaled numbers)", page, StringComparison.Ordinal);
        Assert.DoesNotContain("nats per", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_of_pairs_needs_both_texts_and_one_of_texts_takes_no_second()
    {
        string pairs = _folder.Write("pairs.jsonl", string.Concat(Enumerable.Range(0, 20).Select(i => $$"""{"text":"sun {{i}}","text2":"rain","label":"{{(i % 2 == 0 ? "same" : "other")}}"}""" + "\n")));
        await FakeTerminal.OutputOf(Train("classify", pairs));
        Assert.Single(Lines(await FakeTerminal.OutputOf("predict", Run, _folder.Write("pair.jsonl", """{"text":"a","text2":"b"}"""), "--threads", "1")));
        string lone = _folder.Write("lone.jsonl", """{"text":"a"}""");
        Assert.Contains("line 1: the model was trained on pairs of texts, but there is no second text", await ErrorOf(1, "predict", Run, lone, "--threads", "1"), StringComparison.Ordinal);
        string third = _folder.Write("third.jsonl", string.Concat(Enumerable.Range(1, 20).Select(i => $$"""{"text":"a","text2":"{{(i == 3 ? "" : "b")}}"}""" + "\n")));
        Assert.Contains("third.jsonl', line 3: the model was trained on pairs of texts", await ErrorOf(1, "predict", Run, third, "--threads", "1"), StringComparison.Ordinal);
        Assert.Contains("trained on pairs of texts", await ErrorOf(1, "predict", Run, lone, "--input", "document", "--threads", "1"), StringComparison.Ordinal);

        await FakeTerminal.OutputOf([.. Train("classify", Texts()), "--force"]);
        Assert.Contains("line 1: the model was trained on single texts, but there is a second text", await ErrorOf(1, "predict", Run, _folder["pair.jsonl"], "--threads", "1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_metric_that_chooses_is_shown_first_and_sizes_follow_those_that_are_given()
    {
        string output = await FakeTerminal.OutputOf([.. Train("classify", Texts()), "--metric", "matthews"]);
        Assert.Matches("validation at step 10: loss .* matthews -?[01]\\.\\d{4} \\(majority 0\\.\\d{4}, naive Bayes [01]\\.\\d{4}\\), accuracy", output);
        string page = await File.ReadAllTextAsync(Path.Combine(Run, "report.html"));
        Assert.Contains("loss (nats per text)", page, StringComparison.Ordinal);
        Assert.DoesNotContain("perplexity", page, StringComparison.Ordinal);

        string[] train = ["train", "--task", "classify", "--data", Texts(), "--out", Run, "--force", "--model-size", "32", "--heads", "2", "--layers", "1", "--steps", "1", "--threads", "1"];
        await FakeTerminal.OutputOf(train);
        AttentionConfiguration model = ((AttentionConfiguration)ModelFolder.Load(Run).Model.Configuration).Resolve();
        Assert.Equal((16, 128, 32), (model.HeadSize, model.InnerSize, model.EmbeddingSize));
        Assert.Contains("name a trained one by --init", await ErrorOf(1, [.. train, "--freeze"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tags_of_spans_have_a_confusion_matrix_too()
    {
        await FakeTerminal.OutputOf(Train("label", _folder.Write("train.conll", string.Concat(Enumerable.Repeat("Ada\tB-P\nLee\tI-P\nsings\tO\n\nthe\tO\nchoir\tO\n\n", 8)))));
        string page = await File.ReadAllTextAsync(Path.Combine(Run, "report.html"));
        Assert.Contains("Confusion matrix", page, StringComparison.Ordinal);
        Assert.Contains("loss (nats per word)", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Punctuation_is_split_off_a_plain_text_as_in_the_training_data()
    {
        static string[] Words(JsonElement line) => [.. line.GetProperty("words").EnumerateArray().Select(word => word.GetProperty("word").GetString()!)];
        await FakeTerminal.OutputOf(Train("label", _folder.Write("train.conll", string.Concat(Enumerable.Repeat("Mr.\tB-P\nAda\tI-P\nsings\tO\n.\tO\n\nwho\tO\n?\tO\n\n", 8)))));
        string text = _folder.Write("text.txt", "\"Mr. Ada (or J. B.) sings,\" says the U.S. press...");
        JsonElement line = Assert.Single(Lines(await FakeTerminal.OutputOf("predict", Run, text, "--threads", "1")));
        Assert.Equal(["\"", "Mr.", "Ada", "(", "or", "J.", "B.", ")", "sings", ",", "\"", "says", "the", "U.S.", "press", "..."], Words(line));
        Assert.Equal("J.", (await File.ReadAllTextAsync(text))[line.GetProperty("words")[5].GetProperty("start").GetInt32()..line.GetProperty("words")[5].GetProperty("end").GetInt32()]);
        Assert.Equal(["\"Mr.", "Ada", "(or"], Words(Assert.Single(Lines(await FakeTerminal.OutputOf("predict", Run, text, "--words", "spaces", "--threads", "1"))))[..3]);

        await FakeTerminal.OutputOf([.. Train("label", _folder.Write("attached.conll", string.Concat(Enumerable.Repeat("Mr.\tB-P\nAda,\tI-P\nsings.\tO\n\nwho?\tO\n\n", 8)))), "--force"]);
        Assert.Equal(["\"Mr.", "Ada", "(or"], Words(Assert.Single(Lines(await FakeTerminal.OutputOf("predict", Run, text, "--threads", "1"))))[..3]);
        Assert.Equal(["\"", "Mr", ".", "Ada"], Words(Assert.Single(Lines(await FakeTerminal.OutputOf("predict", Run, text, "--words", "punctuation", "--threads", "1"))))[..4]);
    }

    [Theory]
    [InlineData("B-P", "IOB2, they mark spans of words")]
    [InlineData("NAME", "plain, they mark no spans")]
    public async Task The_scheme_of_the_labels_is_told_before_the_training(string tag, string scheme) => Assert.Contains(
        $"scheme of the labels: {scheme} (--scheme names another)\n",
        (await FakeTerminal.OutputOf(Train("label", _folder.Write("train.conll", string.Concat(Enumerable.Repeat($"Ada\t{tag}\nsings\tO\n\n", 8)))))).ReplaceLineEndings("\n"),
        StringComparison.Ordinal);

    [Fact]
    public async Task A_text_with_spans_has_the_same_words_in_every_input_of_a_prediction()
    {
        await FakeTerminal.OutputOf(Train("label", _folder.Write("train.conll", string.Concat(Enumerable.Repeat("Mr.\tB-P\nAda\tI-P\nsings\tO\n.\tO\n\n", 8)))));
        string file = _folder.Write("text.jsonl", """{"text":"Mr. Adamant sings.","spans":[[4,7,"P"]]}""" + "\n");
        string line = await FakeTerminal.OutputOf("predict", Run, file, "--input", "jsonl", "--threads", "1");
        Assert.Equal(4, Assert.Single(Lines(line)).GetProperty("words").GetArrayLength());
        Assert.Equal(line, await FakeTerminal.OutputOf("predict", Run, file, "--input", "examples", "--threads", "1"));
    }

    [Fact]
    public async Task Data_of_another_task_names_the_task()
    {
        Assert.EndsWith(" (--task label, --format)\n", await ErrorOf(1, Train("classify", _folder.Write("words.conll", "Ada B-P\nsings O\n"))), StringComparison.Ordinal);
        Assert.EndsWith("classify texts (--task classify)\n", await ErrorOf(1, Train("label", _folder.Write("weather.jsonl", """{"text":"it rains","label":"wet"}""" + "\n"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Numbers_as_names_of_classes_are_warned_of_with_the_option_that_helps()
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync(Train("classify", _folder.Write("ratings.csv", "text,label\n" + string.Concat(Enumerable.Range(0, 30).Select(i => $"text {i},{(i % 3) + 0.5}\n"))))));
        Assert.Contains("each is a class of its own; to predict a number, say that labels are numbers (--labels number)", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text,label\n", "{0} is warm,{1}.5\n", "--labels", "number")]
    [InlineData("text,label\n", "{0} is warm,red;green{1}\n", "--label-separator", ";")]
    public async Task Numbers_and_several_labels_need_no_option_against_the_label_smoothing_of_the_standard(string head, string row, string option, string value)
    {
        string[] train = [.. Train("classify", _folder.Write("rows.csv", head + string.Concat(Enumerable.Range(0, 30).Select(i => string.Format(System.Globalization.CultureInfo.InvariantCulture, row, i, i % 3))))), option, value];
        await FakeTerminal.OutputOf(train);
        // The same command finds the run that it made.
        await FakeTerminal.OutputOf(train);
    }

    [Fact]
    public async Task One_example_is_not_called_examples()
    {
        await FakeTerminal.OutputOf(Train("classify", Texts()));
        string one = _folder.Write("one.jsonl", "{\"text\":\"sun is warm\",\"label\":\"dry\"}\n");
        Assert.Contains("1 example (", await FakeTerminal.OutputOf("evaluate", Run, "--data", one, "--threads", "1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ngrams_are_learned_beside_the_model_kept_with_it_and_used_again()
    {
        await FakeTerminal.OutputOf([.. Train("classify", Texts()).Select(argument => argument == "10" ? "60" : argument), "--ngrams", "2", "--lr", "0.001"]);
        Assert.Contains("\"nGrams\": 2", File.ReadAllText(Path.Combine(Run, "config.json")), StringComparison.Ordinal);
        string file = _folder.Write("new.txt", "sun is warm\nrain is wet\n");
        JsonElement[] lines = Lines(await FakeTerminal.OutputOf("predict", Run, file, "--threads", "1"));
        Assert.Equal(["dry", "wet"], lines.Select(line => line.GetProperty("label").GetString()));
        string exported = _folder["exported"], model = _folder["model"];
        await FakeTerminal.OutputOf("export", Run, "--out", exported);
        await FakeTerminal.OutputOf("import", exported, "--out", model);
        Assert.Equal(
            lines.Select(line => line.ToString()), Lines(await FakeTerminal.OutputOf("predict", model, file, "--threads", "1")).Select(line => line.ToString()));
        string words = TinyRun.WriteExamples(_folder, "label");
        Assert.Contains("--ngrams is for --task classify, not for label", await ErrorOf(1, "train", "--task", "label", "--data", words, "--out", _folder["words"], "--ngrams", "2"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explanations_stand_in_the_JSON_on_a_page_and_in_colours_on_a_screen()
    {
        await FakeTerminal.OutputOf(Train("classify", Texts()));
        string file = _folder.Write("new.txt", "sun is warm\nrain is <wet>\n"), page = _folder["why.html"];
        JsonElement[] lines = Lines(await FakeTerminal.OutputOf("predict", Run, file, "--explain-page", page, "--leave-out", "2", "--threads", "1"));
        JsonElement explanation = lines[0].GetProperty("explanation");
        Assert.Equal(lines[0].GetProperty("label").GetString(), explanation.GetProperty("prediction").GetString());
        JsonElement[] tokens = [.. explanation.GetProperty("tokens").EnumerateArray()];
        Assert.Equal("sun is warm", string.Concat(tokens.Select(token => token.GetProperty("token").GetString())));
        Assert.Equal(2, tokens.Count(token => token.TryGetProperty("left_out", out _)));
        string html = await File.ReadAllTextAsync(page);
        Assert.Contains("line 1", html, StringComparison.Ordinal);
        Assert.Contains("left out", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<wet>", html, StringComparison.Ordinal);
        System.Xml.Linq.XDocument.Parse(html[html.IndexOf('\n')..]);

        using FakeTerminal screen = new(isScreen: true);
        Assert.Equal(0, await screen.RunAsync("predict", Run, file, "--explain", "--threads", "1"));
        Assert.Contains("line 2: ", screen.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("{", screen.Out, StringComparison.Ordinal);
        Assert.Contains("--input document", await ErrorOf(2, "predict", Run, file, "--explain", "--input", "document"), StringComparison.Ordinal);
        string longer = _folder.Write("longer.txt", $"sun\n\n{new string('x', 20_000)}\n");
        Assert.StartsWith($"txl: '{longer}', line 3: the text has 20002 tokens, but texts of at most 16384 are explained", await ErrorOf(0, "predict", Run, longer, "--explain", "--threads", "1"), StringComparison.Ordinal);
        Assert.Contains("--explain", await ErrorOf(2, "predict", Run, file, "--leave-out", "3"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_word_and_every_answer_is_explained()
    {
        await FakeTerminal.OutputOf(Train("label", _folder.Write("train.conll", string.Concat(Enumerable.Repeat("Ada\tB-P\nsings\tO\n\nthe\tO\nchoir\tO\n\n", 8)))));
        JsonElement labelled = Assert.Single(Lines(await FakeTerminal.OutputOf("predict", Run, _folder.Write("text.txt", "Ada sings"), "--explain", "--threads", "1")));
        Assert.All(labelled.GetProperty("words").EnumerateArray(), word => Assert.Equal(word.GetProperty("label").GetString(), word.GetProperty("explanation").GetProperty("prediction").GetString()));

        const string Question = """{"question":"who","context":"it was Ada here","answers":[{"text":"Ada","answer_start":7}]}""";
        await FakeTerminal.OutputOf([.. Train("answer", _folder.Write("train.jsonl", string.Concat(Enumerable.Repeat(Question + "\n", 12)))), "--force"]);
        string page = _folder["answers.html"];
        JsonElement answered = Assert.Single(Lines(await FakeTerminal.OutputOf("predict", Run, _folder.Write("question.jsonl", Question), "--explain-page", page, "--threads", "1")));
        Assert.Equal(["question", "question", "question"], answered.GetProperty("explanation").GetProperty("tokens").EnumerateArray().Where(token => token.TryGetProperty("in", out _)).Select(token => token.GetProperty("in").GetString()));
        Assert.True(File.Exists(page));
    }

    [Fact]
    public async Task Lines_of_white_space_have_no_words()
    {
        await FakeTerminal.OutputOf(Train("label", _folder.Write("train.conll", string.Concat(Enumerable.Repeat("Ada\tB-P\nsings\tO\n\n", 8)))));
        JsonElement[] lines = Lines(await FakeTerminal.OutputOf("predict", Run, _folder.Write("text.txt", " \nAda sings\n \n"), "--threads", "1"));
        Assert.Contains(lines, line => line.GetProperty("words").GetArrayLength() == 2);
        Assert.Contains("predicts labels of words", await ErrorOf(1, "predict", Run, _folder["text.txt"], "--input", "document", "--threads", "1"), StringComparison.Ordinal);
        Assert.Contains("is a CSV table, but this model labels the words of sentences", await ErrorOf(1, "predict", Run, _folder.Write("table.csv", "text,label\nAda sings,x\n"), "--threads", "1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_name_the_file_the_line_and_what_to_do()
    {
        Assert.Contains("'classy'", await ErrorOf(2, Train("classy", Texts())), StringComparison.Ordinal);
        Assert.Contains("add --task classify, label or answer", await ErrorOf(1, "train", "--data", Texts(), "--out", Run, "--pooling", "max"), StringComparison.Ordinal);
        string bad = _folder.Write("bad.jsonl", "{\"text\":\"a\",\"label\":\"x\"}\n{\"text\":\"b\"\n");
        Assert.Contains("line 2", await ErrorOf(1, Train("classify", bad)), StringComparison.Ordinal);

        await FakeTerminal.OutputOf(Train("classify", Texts()));
        Assert.Contains("'txl predict", await ErrorOf(1, "generate", Run, "x"), StringComparison.Ordinal);
        Assert.Contains("line 2", await ErrorOf(1, "predict", Run, _folder.Write("in.jsonl", "{\"text\":\"a\"}\n{\"words\":1}\n"), "--threads", "1"), StringComparison.Ordinal);
        Assert.Contains("--metric", await ErrorOf(1, [.. Train("classify", Texts()), "--metric", "bleu", "--force"]), StringComparison.Ordinal);
    }

    private string[] Train(string task, string data) => ["train", "--task", task, "--train", data, "--valid", data == _folder["texts.jsonl"] ? _folder["valid.jsonl"] : data, "--out", Run, "--steps", "10", .. s_small];

    private string Texts()
    {
        string[] dry = ["sun is warm", "the sun shines", "warm and dry"], wet = ["rain is wet", "it rains", "wet and cold"];
        string Make(int count) => string.Concat(Enumerable.Range(0, count).Select(i => $$"""{"text":"{{(i % 3 > 0 ? dry : wet)[i % 3]}} {{i}}","label":"{{(i % 3 > 0 ? "dry" : "wet")}}"}""" + "\n"));
        _folder.Write("valid.jsonl", Make(10));
        return _folder.Write("texts.jsonl", Make(30));
    }

    private static JsonElement[] Lines(string output) => [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    private static async Task<string> ErrorOf(int code, params string[] arguments)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(code, await terminal.RunAsync(arguments));
        return terminal.Error;
    }
}
