using TransformerXL.Testing;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Data;

public sealed class SdkDocumentationTests : IDisposable
{
    private const string Pack = "packs/Microsoft.NETCore.App.Ref";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_type_becomes_an_article_of_plain_sentences()
    {
        string text = Read("""
            <member name="T:Fruit.Basket`1">
              <summary>Holds <see cref="T:Fruit.Apple`1" /> objects
                for <see langword="null" /> <typeparamref name="TFruit" /> users.</summary>
              <typeparam name="TFruit">The kind.</typeparam>
            </member>
            <member name="M:Fruit.Basket`1.#ctor(System.Int32)">
              <summary>Makes a basket with the given room inside.</summary>
              <param name="room">How many pieces of fruit fit in.</param>
            </member>
            <member name="M:Fruit.Basket`1.Add``1(`0,System.Collections.Generic.IDictionary{System.String,``0[]},System.Int32@)">
              <summary><para>Puts the <paramref name="piece" /> in.</para><para>It stays there until <c>Remove</c> is called.</para></summary>
              <param name="piece">The piece of fruit that is put in.</param>
              <param name="others">Other fruits to keep an eye on.</param>
              <param name="count">none</param>
              <typeparam name="TOther">Other.</typeparam>
              <returns>
                <see langword="true" /> if it fits.</returns>
              <remarks>Fruit comes in these kinds: <list type="bullet"><item><term>Apple</term><description>round and red.</description></item><item><description>pear.</description></item></list><code>int x = 3;</code></remarks>
            </member>
            <member name="P:Fruit.Basket`1.Weight"><summary>Gets the weight of all the fruit.</summary><value>The weight in grams, without the basket.</value></member>
            """);
        Assert.Equal("""
            # Fruit.Basket<TFruit>
            Holds Apple objects for null TFruit users.

            Basket<TFruit>(int room)
            Makes a basket with the given room inside.
            room: How many pieces of fruit fit in.

            Basket<TFruit>.Add<TOther>(TFruit piece, IDictionary<string, TOther[]> others, int count)
            Puts the piece in. It stays there until Remove is called.
            piece: The piece of fruit that is put in.
            others: Other fruits to keep an eye on.
            Fruit comes in these kinds: Apple: round and red. pear.

            Basket<TFruit>.Weight
            Gets the weight of all the fruit.
            Returns: The weight in grams, without the basket.


            """.ReplaceLineEndings("\n"), text);
    }

    [Fact]
    public void A_sentence_that_returns_with_other_names_is_left_out()
    {
        string text = Read("""
            <member name="T:A.One"><summary>Initializes a new instance of the OneReader class.</summary></member>
            <member name="T:A.Two"><summary>Initializes a new instance of the TwoReader class.</summary></member>
            """);
        Assert.Single(text.Split('\n'), line => line.StartsWith("Initializes", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("__m128i _mm_add (__m128i a, __m128i b) is what it is.")]
    [InlineData("The angle θ is measured in radians here.")]
    [InlineData("Too short.")]
    [InlineData("begins with a small letter and goes on.")]
    [InlineData("Has no full stop at its end")]
    public void What_is_no_plain_sentence_is_left_out(string summary) =>
        Assert.DoesNotContain(summary, Read($"<member name=\"T:A.B\"><summary>{summary}</summary></member><member name=\"T:A.C\"><summary>This one is a plain sentence.</summary></member>"), StringComparison.Ordinal);

    [Theory]
    [InlineData("(:A.B")]
    [InlineData("M:(A)")]
    [InlineData("M:A.B)(")]
    [InlineData("M:A.B(")]
    [InlineData("MA")]
    [InlineData("M:")]
    public void A_name_that_is_no_id_is_left_out_as_a_member_and_stays_as_it_is_in_a_reference(string id)
    {
        string text = Read($"""
            <member name="T:Fruit.Basket"><summary>Holds <see cref="{id}" /> for the many users of this kind of basket and for all the others who may come later.</summary></member>
            <member name="{id}"><summary>Another sentence of a few words.</summary></member>
            """);
        Assert.Equal($"# Fruit.Basket\nHolds {id} for the many users of this kind of basket and for all the others who may come later.\n\n", text);
    }

    [Fact]
    public void A_negative_number_of_a_type_parameter_is_no_number() =>
        Assert.Contains("Basket.Add(T)", Read("""<member name="M:Fruit.Basket.Add(`-1)"><summary>Adds a piece to the others.</summary></member>"""), StringComparison.Ordinal);

    [Fact]
    public void Operators_and_explicit_implementations_are_left_out()
    {
        string text = Read("""
            <member name="M:A.B.op_Addition(A.B,A.B)"><summary>Adds two of these together here.</summary></member>
            <member name="M:A.B.System#Collections#IEnumerable#GetEnumerator"><summary>Returns an enumerator for all the parts.</summary></member>
            <member name="M:A.B.Go"><summary>This one is a plain sentence.</summary></member>
            """);
        Assert.Equal("# A.B\n\nB.Go()\nThis one is a plain sentence.\n\n", text);
    }

    [Fact]
    public void The_order_is_scattered_but_always_the_same()
    {
        string members = string.Concat(Enumerable.Range(0, 50).Select(i => $"<member name=\"T:A.T{i:00}\"><summary>This {(char)('a' + (i % 26))}{(char)('a' + (i / 26))} is a plain sentence.</summary></member>"));
        string[] first = [.. Find(members).ReadArticles()];
        Assert.Equal(first, Find(members).ReadArticles());
        Assert.Equal(50, first.Length);
        Assert.NotEqual(first.Order(StringComparer.Ordinal), first);
    }

    [Fact]
    public void A_limit_leaves_whole_articles()
    {
        string members = string.Concat(Enumerable.Range(0, 20).Select(i => $"<member name=\"T:A.T{i:00}\"><summary>This {(char)('a' + i)} is a plain sentence.</summary></member>"));
        SdkDocumentation documentation = Find(members);
        string text = documentation.ReadText(200);
        Assert.InRange(text.Length, 100, 200);
        Assert.StartsWith(text, documentation.ReadText(), StringComparison.Ordinal);
        Assert.EndsWith(".\n\n", text, StringComparison.Ordinal);
        Assert.Equal(documentation.ReadArticles().First(), documentation.ReadText(1));
    }

    [Fact]
    public void The_highest_version_with_documentation_is_taken()
    {
        foreach (string version in new[] { "9.0.10", "10.0.2", "10.0.11", "10.1.0-rc.1", "junk" })
        {
            _folder.Write($"{Pack}/{version}/ref/net10.0/A.xml", "<doc/>");
        }
        Directory.CreateDirectory(_folder[$"{Pack}/11.0.0/ref/net11.0"]);
        Assert.Equal(_folder[$"{Pack}/10.1.0-rc.1/ref/net10.0"], SdkDocumentation.Find([_folder["none"], _folder.Path]).Folder);
        _folder.Write($"{Pack}/10.1.0/ref/net10.0/A.xml", "<doc/>");
        Assert.Equal(_folder[$"{Pack}/10.1.0/ref/net10.0"], SdkDocumentation.Find([_folder.Path]).Folder);
    }

    [Fact]
    public void Where_nothing_is_found_the_error_tells_where_was_looked_and_what_to_do()
    {
        string message = Assert.Throws<InputException>(() => SdkDocumentation.Find([_folder["one"], _folder["two"]])).Message;
        Assert.Contains(Path.Combine(_folder["one"], "packs", "Microsoft.NETCore.App.Ref"), message, StringComparison.Ordinal);
        Assert.Contains(_folder["two"], message, StringComparison.Ordinal);
        Assert.Contains("Give a text of your own", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Documentation_without_sentences_says_so() => Assert.Contains("holds no sentences", Assert.Throws<InputException>(() => Read("")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("<doc><members><member name=\"T:A.B\"><summary>Never closed")]
    [InlineData("<!DOCTYPE doc [<!ENTITY a \"aaaaaaaaaa\">]><doc>&a;</doc>")]
    [InlineData("no XML")]
    public void A_file_that_is_no_plain_XML_is_named(string content)
    {
        _folder.Write($"{Pack}/10.0.0/ref/net10.0/Bad.xml", content);
        Assert.Contains("Bad.xml", Assert.Throws<InputException>(() => SdkDocumentation.Find([_folder.Path]).ReadText()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_nesting_is_refused()
    {
        string deep = string.Concat(Enumerable.Repeat("<b>", 5000)) + string.Concat(Enumerable.Repeat("</b>", 5000));
        Assert.Throws<InputException>(() => Read($"<member name=\"T:A.B\"><summary>{deep}</summary></member>"));
    }

    [Fact]
    public void Mutated_documentation_reads_or_is_refused_and_nothing_else_happens()
    {
        byte[] original = System.Text.Encoding.UTF8.GetBytes("<doc><members><member name=\"M:A.B`1.Go``1(System.Func{`0,``0[]},System.Int32[0:,0:])\"><summary>This is <see cref=\"M:A.B.#ctor(X)\"/> a plain sentence.</summary><param name=\"a\">It is a plain sentence too.</param></member></members></doc>");
        var random = new Random(9);
        for (int round = 0; round < 1000; round++)
        {
            _folder.Write($"{Pack}/10.0.0/ref/net10.0/A.xml", Mutation.Of(original, random));
            try
            {
                SdkDocumentation.Find([_folder.Path]).ReadText();
            }
            catch (InputException)
            {
            }
        }
    }

    private string Read(string members) => Find(members).ReadText();

    private SdkDocumentation Find(string members)
    {
        _folder.Write($"{Pack}/10.0.0/ref/net10.0/A.xml", $"<?xml version=\"1.0\"?><doc><members>{members}</members></doc>");
        return SdkDocumentation.Find([_folder.Path]);
    }
}
