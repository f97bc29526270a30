using System.Runtime.InteropServices;
using System.Text;

namespace TransformerXL.Training.Corpora;

/// <summary>
/// Text that every machine with the .NET SDK has: the XML documentation of the SDK's reference assemblies, converted to readable English.
/// Types are in a pseudo-random order that is always the same, so that any part of the text (the first million characters, the held-out
/// tenth) is a fair sample of all namespaces.
/// </summary>
internal sealed class SdkDocumentation
{
    private const int MaxFiles = 1000;
    private readonly string[] _files;

    private SdkDocumentation(string folder, string[] files)
    {
        Folder = folder;
        _files = files;
    }

    /// <summary>The folder of the XML files, such as <c>.../packs/Microsoft.NETCore.App.Ref/10.0.0/ref/net10.0</c>.</summary>
    public string Folder { get; }

    /// <summary>Searches the reference pack below each candidate, in order, and uses its highest version that has documentation.</summary>
    /// <param name="dotnetRoots">Folders where .NET may be installed; see <see cref="Candidates"/>.</param>
    /// <exception cref="InputException">None of them has it; the message names the searched folders and the remedy.</exception>
    public static SdkDocumentation Find(IEnumerable<string> dotnetRoots)
    {
        ArgumentNullException.ThrowIfNull(dotnetRoots);
        var looked = new List<string>();
        foreach (string root in dotnetRoots)
        {
            string pack = Path.Combine(root, "packs", "Microsoft.NETCore.App.Ref");
            looked.Add(pack);
            foreach (string folder in SdkFolders.DocumentationFolders(pack))
            {
                string[] files = Directory.GetFiles(folder, "*.xml");
                if (files.Length > 0)
                {
                    Array.Sort(files, StringComparer.Ordinal);
                    return new SdkDocumentation(folder, files[..Math.Min(files.Length, MaxFiles)]);
                }
            }
        }
        throw new InputException($"the XML documentation of the .NET SDK was not found; looked for <version>/ref/net*/*.xml in: {(looked.Count == 0 ? "(nowhere)" : string.Join(", ", looked))}. Give a text of your own instead") { Remedies = [new("corpus.path", "PATH")] };
    }

    /// <summary>Where .NET may be installed, most likely first: the given root, the installation that runs this program, and each <c>dotnet</c> on a search path, links resolved.</summary>
    /// <param name="dotnetRoot">A folder named by the user, such as the value of <c>DOTNET_ROOT</c>; or null.</param>
    /// <param name="searchPath">A search path, such as the value of <c>PATH</c>; or null.</param>
    public static IReadOnlyList<string> Candidates(string? dotnetRoot, string? searchPath) =>
        SdkFolders.Roots(dotnetRoot, RuntimeEnvironment.GetRuntimeDirectory(), searchPath);

    /// <summary>The text, type by type: a heading with the type's name, its summary, then each member with signature, summary, parameters, returned value and remarks. The same SDK always gives the same text.</summary>
    /// <exception cref="InputException">A file is not well-formed XML; the message names it.</exception>
    public IEnumerable<string> ReadArticles()
    {
        var types = new Dictionary<string, List<DocumentedMember>>(StringComparer.Ordinal);
        foreach (DocumentedMember member in _files.SelectMany(file => XmlDocumentationReader.Read(file)))
        {
            string type = MemberName.TypeOf(member.Id);
            if (!types.TryGetValue(type, out List<DocumentedMember>? members))
            {
                types.Add(type, members = []);
            }
            members.Add(member);
        }
        IReadOnlyList<string> TypeParametersOf(string type) =>
            types.TryGetValue(type, out List<DocumentedMember>? members) && members[0].Id[0] == 'T' ? members[0].TypeParameters : [];

        var prose = new DocumentationProse();
        foreach (string type in types.Keys.OrderBy(Scatter).ThenBy(type => type, StringComparer.Ordinal))
        {
            string article = prose.Article(type, types[type], TypeParametersOf);
            if (article.Length > 0)
            {
                yield return article;
            }
        }
    }

    /// <summary>The articles one after the other, up to a size: whole articles only, at least one.</summary>
    /// <param name="maxCharacters">An article that would exceed this size is not added.</param>
    /// <exception cref="InputException">A file is not well-formed XML, or the files hold no prose.</exception>
    public string ReadText(int maxCharacters = int.MaxValue)
    {
        var text = new StringBuilder();
        foreach (string article in ReadArticles())
        {
            if (text.Length > 0 && (long)text.Length + article.Length > maxCharacters)
            {
                break;
            }
            text.Append(article);
        }
        return text.Length > 0 ? text.ToString() : throw new InputException($"the XML documentation in '{Folder}' holds no sentences; give a text of your own") { Remedies = [new("corpus.path", "PATH")] };
    }

    /// <summary>The members of all types with the names of references marked; types in their pseudo-random order.</summary>
    internal IEnumerable<IGrouping<string, DocumentedMember>> ReadMarkedTypes() => _files
        .SelectMany(file => XmlDocumentationReader.Read(file, marksReferences: true))
        .GroupBy(member => MemberName.TypeOf(member.Id), StringComparer.Ordinal)
        .OrderBy(type => Scatter(type.Key)).ThenBy(type => type.Key, StringComparer.Ordinal);

    // FNV-1a: unlike string.GetHashCode it is the same in every process.
    private static ulong Scatter(string name)
    {
        ulong hash = 14695981039346656037;
        foreach (char character in name)
        {
            hash = (hash ^ character) * 1099511628211;
        }
        return hash ^ (hash >> 29);
    }
}
