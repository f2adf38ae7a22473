" Syntax of RustChain missions.
if exists("b:current_syntax")
  finish
endif

syntax match missionComment "//.*$"
syntax match missionDoc "//!.*$"
syntax match missionDoc "///\%(/\)\@!.*$"
syntax keyword missionDeclaration mission chain agent record enum type provider memory tool fn pure test edition
syntax keyword missionDeclaration step let input output secret teardown policy defaults
syntax keyword missionImport import as from
syntax keyword missionKeyword if then else match for in loop until return with after when on error retry timeout within
syntax keyword missionKeyword trigger budget allow deny require never schedule meta given mock expect where limit max
syntax keyword missionKeyword system prompt model tools effect requires vendor raises replay sandbox
syntax keyword missionModifier untrusted personal
syntax keyword missionType bool int float string bytes timestamp duration url path json unit list map
syntax match missionType "\<[A-Z][A-Za-z0-9_]*\>"
syntax keyword missionConstant true false null
syntax match missionNumber "\<[0-9][0-9_]*\%(\.[0-9]\+\)\?\%(ms\|s\|m\|h\|d\)\?\>"
syntax match missionTime "@[0-9]\{4}-[0-9]\{2}-[0-9]\{2}\%(T[0-9:.]*Z\?\)\?"
syntax match missionFunction "\<[a-z_][A-Za-z0-9_]*\ze\%(<[^<>()]*>\)\?("
syntax match missionEscape "\\\%([nrt\"\\$]\|u{[0-9A-Fa-f]*}\)" contained
syntax region missionHole matchgroup=missionEscape start="\${" end="}" contained contains=TOP
syntax region missionString start=+"+ end=+"\|$+ contains=missionEscape,missionHole
syntax region missionText start=+"""+ end=+"""+ contains=missionEscape,missionHole
syntax region missionCode start=+\<\%(bash\|sql\|python\)"""+ end=+"""+

highlight default link missionComment Comment
highlight default link missionDoc SpecialComment
highlight default link missionDeclaration Keyword
highlight default link missionImport Include
highlight default link missionKeyword Statement
highlight default link missionModifier StorageClass
highlight default link missionType Type
highlight default link missionConstant Boolean
highlight default link missionNumber Number
highlight default link missionTime Number
highlight default link missionFunction Function
highlight default link missionEscape Special
highlight default link missionString String
highlight default link missionText String
highlight default link missionCode String

let b:current_syntax = "mission"
