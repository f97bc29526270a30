using TransformerXL.Testing;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Examples;
using Xunit;

namespace TransformerXL.Tests.Data;

/// <summary>Examples from the documentation of an SDK that is written here, and from the one of this machine.</summary>
public sealed class SdkExamplesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private SdkExamples Examples()
    {
        string[] words = ["red", "blue", "sweet", "sour", "round", "long", "old", "new", "small", "large", "dry", "soft"];
        string members = string.Concat(words.Select((word, i) => $"""
            <member name="T:Fruit.B{i}"><summary>Holds {word} <see cref="T:Fruit.Apple`1" /> objects, not <see cref="M:Fruit.Pear.Peel(System.Int32)" /> in a B{i} way.</summary></member>
            <member name="M:Fruit.B{i}.#ctor"><summary>Makes a {word} basket with room for fruit inside.</summary></member>
            <member name="P:Fruit.B{i}.Weight{i}"><summary>Gets the {word} weight of all the fruit.</summary></member>
            <member name="E:Fruit.B{i}.Eaten"><summary>Occurs when the {word} fruit was eaten up.</summary></member>
            """));
        _folder.Write("packs/Microsoft.NETCore.App.Ref/10.0.0/ref/net10.0/Fruit.xml", $"<doc><members>{members}</members></doc>");
        return new SdkExamples(SdkDocumentation.Find([_folder.Path]));
    }

    [Fact]
    public void Descriptions_have_the_kind_of_member_as_label_and_no_names()
    {
        Examples().WriteClassification(_folder["data"]);
        TextExample[] examples = [.. ExampleFiles.OpenTexts(_folder["data/train.jsonl"], new() { RequiresLabels = true })];
        Assert.Equal(["constructor", "event", "property", "type"], examples.Select(example => example.Labels[0]).Distinct().Order());
        Assert.Contains(examples, example => example.Text is ['H', ..] && example.Text.EndsWith(" _ objects, not _ in a _ way.", StringComparison.Ordinal) && example.Labels[0] == "type");
        Assert.DoesNotContain(examples, example => example.Text.Contains("Apple", StringComparison.Ordinal) || example.Text.Contains("Peel", StringComparison.Ordinal));
    }

    [Fact]
    public void Names_that_the_documentation_refers_to_are_tagged()
    {
        Examples().WriteLabels(_folder["data"]);
        SentenceExample sentence = ExampleFiles.OpenSentences(_folder["data/train.conll"], new() { RequiresLabels = true }).First();
        Assert.Equal("Holds", sentence.Words[0]);
        Assert.Equal("O O B-TYPE O O O B-MEMBER I-MEMBER I-MEMBER O O O O O", string.Join(' ', sentence.Tags));
        Assert.Equal("Apple objects , not Pear . Peel in a", string.Join(' ', sentence.Words.Skip(2).Take(9)));
    }

    [Fact]
    public void Members_are_asked_for_by_name_and_answered_by_their_description()
    {
        Examples().WriteQuestions(_folder["data"]);
        QuestionExample question = ExampleFiles.OpenQuestions(_folder["data/train.json"], new() { RequiresLabels = true }).First(example => example.Question.Contains("Eaten", StringComparison.Ordinal));
        Assert.Equal("What is Eaten?", question.Question);
        Assert.Matches("^Occurs when the [a-z]+ fruit was eaten up.$", question.Answers.Single().Text);
        Assert.Contains($"Eaten: {question.Answers[0].Text}", question.Context, StringComparison.Ordinal);
    }

    [Fact]
    public void The_documentation_of_this_machine_gives_three_data_sets_without_overlap()
    {
        SdkExamples examples = new(SdkDocumentation.Find(SdkDocumentation.Candidates(Environment.GetEnvironmentVariable("DOTNET_ROOT"), Environment.GetEnvironmentVariable("PATH"))));
        examples.WriteClassification(_folder["classify"]);
        ExampleSplits texts = ExampleFiles.FindSplits(_folder["classify"])!;
        TextData classify = TextData.Inspect(ExampleFiles.OpenTexts(texts.Train, new()), ExampleFiles.OpenTexts(texts.Validation!, new()), ExampleFiles.OpenTexts(texts.Test!, new()));
        Assert.Equal(["constructor", "event", "field", "method", "property", "type"], classify.Labels);
        Assert.True(classify.Summary.Splits[0].Count > 5000, $"{classify.Summary.Splits[0].Count} examples");
        examples.WriteLabels(_folder["label"]);
        ExampleSplits sentences = ExampleFiles.FindSplits(_folder["label"])!;
        SentenceData label = SentenceData.Inspect(ExampleFiles.OpenSentences(sentences.Train, new()), ExampleFiles.OpenSentences(sentences.Validation!, new()));
        Assert.Equal(["B-MEMBER", "B-TYPE", "I-MEMBER", "I-TYPE", "O"], label.Tags);
        examples.WriteQuestions(_folder["answer"]);
        ExampleSplits questions = ExampleFiles.FindSplits(_folder["answer"])!;
        QuestionData answer = QuestionData.Inspect(ExampleFiles.OpenQuestions(questions.Train, new()), ExampleFiles.OpenQuestions(questions.Test!, new()));
        Assert.True(answer.Summary.Splits[0].Count > 1000, $"{answer.Summary.Splits[0].Count} questions");
        Assert.All([classify.Summary, label.Summary, answer.Summary], summary => Assert.Empty(summary.Overlaps));
    }
}
